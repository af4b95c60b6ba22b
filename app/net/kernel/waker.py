"""A bell: wakes a thread that waits for what comes on sockets."""

import socket
from contextlib import suppress


class Bell:
    """A pair of sockets. Who waits listens to `heard` as to all others; `ring` is for any thread."""

    def __init__(self) -> None:
        self.heard, self._rung = socket.socketpair()
        self._rung.setblocking(False)

    def ring(self) -> None:
        """Let something come."""
        with suppress(OSError):  # so much is under way that more changes nothing, or all is over
            self._rung.send(b"\0")

    def close(self) -> None:
        """Give both ends back."""
        self.heard.close()
        self._rung.close()
