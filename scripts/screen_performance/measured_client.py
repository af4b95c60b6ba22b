"""A client in a pseudo-terminal, with the time until each of its frames."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FRAME_END = b"\x1b[?2026l"  # of a synchronized update
SUPPORTS_SYNCHRONIZED = b"\x1b[?2026;2$y"
QUIET_SECONDS = 0.15  # without output, all frames have been drawn
TIMEOUT_SECONDS = 60.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
READ_BYTES = 1 << 16


class FrameTime(NamedTuple):
    """Milliseconds until the last frame had been drawn, and of CPU, which others do not disturb."""

    elapsed: float
    cpu: float


class MeasuredClient:
    """The process, and what is written to and read from its terminal."""

    def __init__(self, program: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> None:
        self._id, self._terminal = pty.fork()
        if not self._id:
            os.execve(program[0], list(program), dict(environment))
        self.resize(*size)

    def close(self) -> None:
        """End the process."""
        os.kill(self._id, signal.SIGKILL)
        os.waitpid(self._id, 0)
        os.close(self._terminal)

    def start(self, shown: bytes) -> float:
        """Wait for the frame with a text; return the CPU seconds used until then."""
        self._read_until(shown)
        os.kill(self._id, signal.SIGSTOP)
        seconds = self.cpu_seconds
        os.kill(self._id, signal.SIGCONT)
        os.write(self._terminal, SUPPORTS_SYNCHRONIZED)
        return seconds

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, key: bytes) -> "FrameTime":
        """Press a key; return how long its frames took."""
        started = time.monotonic()
        used = self._cpu_milliseconds
        os.write(self._terminal, key)
        return FrameTime(self._time_frames(started), self._cpu_milliseconds - used)

    def resize_timed(self, columns: int, lines: int) -> "FrameTime":
        """Give the terminal another size; return how long its frames took."""
        started = time.monotonic()
        used = self._cpu_milliseconds
        self.resize(columns, lines)
        return FrameTime(self._time_frames(started), self._cpu_milliseconds - used)

    def _time_frames(self, started: float) -> float:
        ended = started
        while self._is_readable(QUIET_SECONDS):
            if FRAME_END in os.read(self._terminal, READ_BYTES):
                ended = time.monotonic()
        return (ended - started) * 1_000

    def wait_for(self, shown: bytes) -> None:
        """Wait until a text is drawn, and then for the last frame."""
        self._read_until(shown)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing more is drawn."""
        while self._is_readable(QUIET_SECONDS):
            os.read(self._terminal, READ_BYTES)

    def _read_until(self, shown: bytes) -> None:
        drawn = b""
        while shown not in drawn:
            assert self._is_readable(TIMEOUT_SECONDS), f"{shown!r} was not drawn"
            drawn = drawn[-len(shown) :] + os.read(self._terminal, READ_BYTES)

    def _is_readable(self, seconds: float) -> bool:
        return bool(select.select([self._terminal], [], [], seconds)[0])

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of the process so far."""
        fields = Path(f"/proc/{self._id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    @property
    def _cpu_milliseconds(self) -> float:
        """The CPU time of all threads so far (proc(5), schedstat)."""
        threads = Path(f"/proc/{self._id}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6

    @property
    def resident_mib(self) -> float:
        """The resident memory of the process."""
        status = Path(f"/proc/{self._id}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1_024
