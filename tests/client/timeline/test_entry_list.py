"""A list of entries returns what was put into it, however it is kept."""

from hypothesis import given
from hypothesis import strategies as st

from app.client.timeline.entry import Details, Entry, EntryKind
from app.client.timeline.entry_list import EntryList

ENTRIES = st.builds(
    Entry,
    st.sampled_from(EntryKind),
    st.integers(-(2**62), 2**62),
    st.text(),
    st.text(),
    st.text(max_size=3),
    st.booleans(),
    st.booleans(),
    st.none() | st.builds(Details, st.text(max_size=3)),
)


@given(st.lists(ENTRIES), st.lists(ENTRIES), st.integers(0, 10))
def test_entries_are_returned_as_they_were(first: list[Entry], older: list[Entry], dropped: int) -> None:
    entries = EntryList(first)
    entries.prepend(older)
    entries.drop(dropped)
    expected = [*older, *first][dropped:]
    assert list(entries) == expected
    assert entries[1:3] == expected[1:3]
    assert entries.size == EntryList(expected).size


@given(st.lists(ENTRIES, min_size=2), st.lists(ENTRIES), st.integers(-2, 1), st.integers(0, 3))
def test_the_last_message_with_an_id_is_found_whatever_has_changed(
    first: list[Entry], older: list[Entry], changed: int, dropped: int
) -> None:
    entries = EntryList(first)
    entries.prepend(older)
    entries.insert(1, Entry(EntryKind.MESSAGE, 1, msgid="inserted"))
    entries.change(changed, lambda entry: setattr(entry, "msgid", "changed"))
    entries.drop(dropped)
    ids = [entry.msgid for entry in entries]
    for msgid in {*ids, "inserted", "changed", "unknown"}:
        places = [index for index, one in enumerate(ids) if one == msgid]
        assert entries.find_last(msgid) == (places[-1] if places else None)
        latest = [index for index in places if index >= len(ids) - 2]
        assert entries.find_last(msgid, max_entries=2) == (latest[-1] if latest else None)


def test_long_names_and_ids_are_kept() -> None:
    entry = Entry(EntryKind.MESSAGE, 1, "a" * 70_000, "text", "m" * 70_000)
    assert list(EntryList([entry])) == [entry]


def test_what_is_read_is_a_copy_until_it_is_changed() -> None:
    entries = EntryList([Entry(EntryKind.MESSAGE, 1, "bob", "hi", "m1")])
    entries[0].text = "changed"
    assert entries[0].text == "hi"
    entries.change(0, lambda entry: setattr(entry, "text", "changed"))
    assert entries[0].text == "changed"
    assert entries.size == EntryList(entries).size
