"""A thread is found from any of its messages."""

from app.client.timeline.thread import find_thread
from app.client.timeline.timeline import Timeline
from tests.client.timeline.messages import message, timeline_of


def test_a_thread_has_the_original_and_all_answers_to_it() -> None:
    timeline = timeline_of([1, 2])
    for number, reply_to in [(3, "m1"), (4, "m2"), (5, "m3"), (6, "m5")]:
        timeline.add_message(message(number, reply_to=reply_to))
    last = timeline.find("m6")
    assert last is not None
    assert [entry.msgid for entry in find_thread(timeline, last)] == ["m1", "m3", "m5", "m6"]


def test_replies_in_a_circle_end() -> None:
    timeline = Timeline("#tea")
    timeline.add_message(message(1, reply_to="m2"))
    timeline.add_message(message(2, reply_to="m1"))
    assert find_thread(timeline, timeline.entries[1])
