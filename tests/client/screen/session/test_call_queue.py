"""Calls from the driver's thread leave time for the keyboard, and do not pile up."""

import asyncio
import threading

from app.client.screen.session.call_queue import MAX_WAITING_CALLS, CallQueue


def test_calls_without_end_leave_time_for_others() -> None:
    async def play() -> None:
        calls, key = CallQueue(lambda: None), asyncio.Event()

        def call() -> None:
            calls.post(call)
            asyncio.get_running_loop().call_soon(key.set)

        calls.open(asyncio.get_running_loop())
        call()
        await key.wait()  # although calls are waiting all the time
        assert calls.has_calls
        calls.close()

    asyncio.run(play())


def test_a_flood_is_made_in_order_and_its_sender_waits() -> None:
    count = 3 * MAX_WAITING_CALLS
    made: list[int] = []
    has_made_all = asyncio.Event()

    def make(number: int) -> None:
        made.append(number)
        if number == count - 1:
            has_made_all.set()

    async def play() -> None:
        calls = CallQueue(lambda: None)

        def flood() -> None:
            for number in range(count):
                calls.wait_for_space()
                calls.post(lambda number=number: make(number))  # type: ignore[misc]

        calls.open(asyncio.get_running_loop())
        sender = threading.Thread(target=flood)
        sender.start()
        await has_made_all.wait()
        sender.join()

    asyncio.run(play())
    assert made == list(range(count))


def test_sender_does_not_wait_for_a_screen_that_is_closed() -> None:
    calls = CallQueue(lambda: None)
    for _ in range(MAX_WAITING_CALLS + 2):
        calls.post(lambda: None)
        calls.wait_for_space()
    assert calls.has_calls
