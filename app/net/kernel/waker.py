"""A socket pair that wakes a thread blocked on sockets."""

import socket
from contextlib import suppress


class Waker:
    """Wakes the thread that waits on `receiving_end`; any thread may call `wake`."""

    def __init__(self) -> None:
        self.receiving_end, self._sending_end = socket.socketpair()
        self._sending_end.setblocking(False)

    def wake(self) -> None:
        """Make `receiving_end` readable."""
        with suppress(OSError):  # the buffer is full, so the thread will wake anyway; or it has exited
            self._sending_end.send(b"\0")

    def close(self) -> None:
        """Close both ends."""
        self.receiving_end.close()
        self._sending_end.close()
