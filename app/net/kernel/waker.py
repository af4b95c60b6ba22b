"""A bell: wakes a thread that waits for what comes on sockets."""

import socket
from contextlib import suppress


class Waker:
    """A pair of sockets. Who waits listens to `receiving_end` as to all others; `wake` is for any thread."""

    def __init__(self) -> None:
        self.receiving_end, self._rung = socket.socketpair()
        self._rung.setblocking(False)

    def wake(self) -> None:
        """Let something come."""
        with suppress(OSError):  # so much is under way that more changes nothing, or all is over
            self._rung.send(b"\0")

    def close(self) -> None:
        """Give both ends back."""
        self.receiving_end.close()
        self._rung.close()
