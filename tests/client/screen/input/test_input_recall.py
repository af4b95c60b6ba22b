"""Walking through the input history."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.client.screen.input.input_recall import InputRecall
from app.client.storage.history_file import HistoryFile


def recall(*entries: str) -> InputRecall:
    """Return a history with these entries."""
    history = InputRecall(HistoryFile(None))
    for entry in entries:
        history.add(entry)
    return history


def test_without_entries_there_is_nowhere_to_go() -> None:
    history = recall()
    assert history.go_back("half") is None
    assert history.go_forward() is None
    assert not history.is_recalling


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.text(), st.data())
def test_as_many_steps_forward_as_back_lead_to_what_was_written(
    entries: list[str], written: str, data: st.DataObject
) -> None:
    history = recall(*entries)
    steps = data.draw(st.integers(1, len(entries)))
    back = [history.go_back(written) for _ in range(steps)]
    assert back == entries[::-1][:steps]
    assert [history.go_forward() for _ in range(steps)] == [*back[::-1][1:], written]
    assert not history.is_recalling


def test_repetitions_are_kept_once() -> None:
    history = recall("one", "one", "two", "one")
    assert history.entries == ["one", "two", "one"]
    assert history.latest_first() == ["one", "two"]


def test_entries_are_read_from_the_file(tmp_path: Path) -> None:
    recall_one = InputRecall(HistoryFile(tmp_path / "history"))
    recall_one.add("two\nlines")
    assert InputRecall(HistoryFile(tmp_path / "history")).go_back("") == "two\nlines"
