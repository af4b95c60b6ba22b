"""A timeline has each message once, in order, with the changes made to it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.client.protocol.events import Joined, Parted, Quote, Reaction, Redacted
from app.client.timeline.edge import EdgeState
from app.client.timeline.entry import EntryKind, to_entry
from app.client.timeline.entry_list import EntryList
from app.client.timeline.history import apply_changes
from app.client.timeline.timeline import Timeline
from tests.client.timeline.messages import NOON, message, texts, timeline_of


def reaction(number: int, at: int, *, is_removed: bool = False) -> Reaction:
    """Return a reaction of bob to a message, or its removal."""
    return Reaction("#tea", "bob", "👍", f"m{number}", NOON + at, is_removed)


def redaction(number: int) -> Redacted:
    """Return the deletion of a message."""
    return Redacted("#tea", "carol", f"m{number}", "spam", NOON)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_page_that_overlaps_adds_no_message_twice(first: int, overlap: int, loaded: int) -> None:
    timeline = timeline_of(range(first, first + loaded))
    end = min(first + overlap, first + loaded)
    timeline.prepend(to_entry(message(number)) for number in range(end))
    assert texts(timeline) == [
        f"text {number}" for number in range(max(first + loaded if loaded else end, 0))
    ]


@given(st.lists(st.integers(1, 30), max_size=5), st.integers(0, 60))
def test_an_entry_keeps_its_number(pages: list[int], dropped: int) -> None:
    timeline = timeline_of(range(1_000, 1_010))
    numbers = {entry.msgid: timeline.first_number + i for i, entry in enumerate(timeline.entries)}
    oldest = 1_000
    for size in pages:
        timeline.prepend([to_entry(message(number)) for number in range(oldest - size, oldest)])
        oldest -= size
    timeline.drop_oldest(dropped)
    for msgid, number in numbers.items():
        entry = timeline.find_entry(number)
        assert entry is None or entry.msgid == msgid
    assert timeline.size == EntryList(timeline.entries).size


def test_a_message_received_again_is_not_added() -> None:
    timeline = timeline_of(range(3))
    timeline.add_message(message(1))
    timeline.add_message(message(2))
    assert len(timeline.entries) == 3


def test_a_reaction_waits_for_its_message() -> None:
    timeline = timeline_of([5])
    timeline.react(reaction(1, at=9_000))
    timeline.prepend([to_entry(message(1))])
    assert list(timeline.reactions["m1"]) == [("👍", ["bob"])]


def test_a_removed_reaction_does_not_come_back_with_history() -> None:
    timeline = timeline_of([5])
    timeline.react(reaction(1, at=9_000, is_removed=True))
    timeline.prepend([to_entry(message(1))])
    apply_changes(timeline, [reaction(1, at=2_000)])
    assert not timeline.reactions["m1"]


def test_a_deletion_waits_for_its_message() -> None:
    timeline = timeline_of([5])
    timeline.redact(redaction(1))
    timeline.prepend([to_entry(message(1))])
    entry = timeline.find("m1")
    assert entry is not None
    assert (entry.text, entry.is_redacted) == ("", True)


def test_a_deleted_message_is_no_longer_quoted() -> None:
    timeline = timeline_of([1])
    timeline.append(to_entry(message(2, reply_to="m1")))
    timeline.prepend([])
    apply_changes(timeline, [redaction(1)])
    assert timeline.entries[0].is_redacted


def test_a_quote_is_completed_by_an_older_page() -> None:
    timeline = Timeline("#tea")
    timeline.add_message(message(2, reply_to="m1"))
    timeline.prepend([to_entry(message(1, "the kettle"))])
    details = timeline.entries[1].details
    assert details is not None
    assert details.quoted is not None
    assert details.quoted.text == "the kettle"


def test_neighbouring_joins_and_parts_share_an_entry() -> None:
    timeline = timeline_of([1])
    timeline.add_membership(Joined("#tea", "dave", NOON + 2_000))
    timeline.add_membership(Parted("#tea", "dave", "", NOON + 3_000))
    timeline.add_message(message(4))
    timeline.add_membership(Joined("#tea", "dave", NOON + 5_000))
    kinds = [entry.kind for entry in timeline.entries]
    assert kinds == [EntryKind.MESSAGE, EntryKind.MEMBERSHIP, EntryKind.MESSAGE, EntryKind.MEMBERSHIP]
    assert timeline.size == EntryList(timeline.entries).size


def test_what_was_dropped_can_be_loaded_again() -> None:
    timeline = timeline_of(range(10))
    timeline.drop_oldest(4)
    assert timeline.older.state is EdgeState.OPEN
    timeline.prepend([to_entry(message(number)) for number in range(4)])
    assert texts(timeline) == [f"text {number}" for number in range(10)]


@given(st.lists(st.integers(0, 30)), st.lists(st.integers(0, 30)))
def test_what_is_inserted_stands_after_what_is_not_later(known: list[int], inserted: list[int]) -> None:
    timeline = timeline_of(sorted(known))
    for number in inserted:
        timeline.insert(to_entry(message(number)))
    times = [entry.at for entry in timeline.entries]
    assert times == sorted(times)
    assert len(times) == len(known) + len(inserted)
    assert timeline.size == EntryList(timeline.entries).size


def test_a_reply_quotes_a_message_that_only_the_timeline_knows() -> None:
    timeline = timeline_of(range(3))
    reply = timeline.add_message(replace(message(7), reply_to="m1"))
    assert reply.details is not None
    assert reply.details.quoted == Quote(message(1).author, "text 1")
    timeline.redact(redaction(2))
    later = timeline.add_message(replace(message(8), reply_to="m2"))
    assert later.details is not None
    assert later.details.quoted == Quote(message(2).author, "(deleted)")
