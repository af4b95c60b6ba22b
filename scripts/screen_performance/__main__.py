"""Measures the full-screen client: its start, keys with many lines, memory, and CPU while idle."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.screen_performance.busy_server import BusyServer
from scripts.screen_performance.measured_client import FrameTime, MeasuredClient

SIZE = (120, 40)
OTHER_SIZE = (100, 35)
REPETITIONS = 20
STARTS = 5
IDLE_SECONDS = 20.0
FIRST_FRAME = b"F1 help"  # in the status line
KEYS = {
    "a letter": b"a",
    "PageUp": b"\x1b[5~",
    "PageDown": b"\x1b[6~",
    "wheel up": b"\x1b[<64;60;10M",
    "Alt-Up (select)": b"\x1b[1;3A",
    "Ctrl-N (room)": b"\x0e",
    "F3 (members)": b"\x1bOR",
}


def create_client(port: int, home: str) -> MeasuredClient:
    """Return a client that connects to a port of this machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    environment |= {"HOME": home, "XDG_STATE_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    program = Path(sys.executable).with_name("chat-client")
    arguments = ["--full-screen", "-p", str(port), "-u", "anna", "--room", "#room0"]
    return MeasuredClient([str(program), *arguments], environment, SIZE)


def measure_starts(home: str) -> list[float]:
    """Return the CPU seconds until the first frame of several starts, without a server."""
    seconds = []
    for _ in range(STARTS):
        client = create_client(1, home)
        seconds.append(client.start(FIRST_FRAME))
        client.close()
    return seconds


def report(name: str, measure: Callable[[], FrameTime]) -> None:
    """Print the medians and maxima of several measurements, in milliseconds."""
    times = [measure() for _ in range(REPETITIONS)]
    figures = [
        f"{unit} median {statistics.median(values):5.1f}, most {max(values):5.1f}"
        for unit, values in zip(("elapsed", "CPU"), zip(*times, strict=True), strict=True)
    ]
    print(f"{name:16} {'; '.join(figures)}", flush=True)


def measure_keys(client: MeasuredClient) -> None:
    """Print how long keys take from the key press to the end of the last frame."""
    for name, key in KEYS.items():
        report(name, lambda key=key: client.press(key))  # type: ignore[misc]
        client.press(b"\x03")
        client.press(b"\x1b[1;5F")  # Ctrl-End
        client.settle()
    sizes = [SIZE, OTHER_SIZE] * REPETITIONS
    report("resize", lambda: client.resize_timed(*sizes.pop()))


def main() -> None:
    """Print all measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="lines in 20 rooms")
    lines = parser.parse_args().lines
    with TemporaryDirectory() as home:
        seconds = measure_starts(home)
        print(f"first frame: {min(seconds):.2f} to {max(seconds):.2f} s of CPU")
        server = BusyServer(lines)
        client = create_client(server.server.port, home)
        client.start(FIRST_FRAME)
        client.wait_for(b"everything has arrived")
        print(f"{lines:,} lines in 20 rooms: {client.resident_mib:.1f} MiB")
        measure_keys(client)
        print(f"after the keys: {client.resident_mib:.1f} MiB")
        used, started = client.cpu_seconds, time.monotonic()
        time.sleep(IDLE_SECONDS)
        idle = (client.cpu_seconds - used) / (time.monotonic() - started)
        print(f"idle: {idle:.2%} of a CPU")
        client.close()


main()
