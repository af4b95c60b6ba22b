"""A fuzz target for atheris, guided by coverage.

Run as `python -m tests.engine.attacks.guided_fuzz <libFuzzer options>`, for example
`-max_total_time=60`. All inputs go to one server, so each meets the state left by the ones before.
"""

import logging
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app"]):
    from app.wire.capabilities import CAPABILITIES
    from app.wire.framing import FramingError
    from tests.engine.attacks.test_fuzz import check_form
    from tests.engine.harness import EngineHarness, HarnessClient
    from tests.engine.invariants import check_world

NAMES = ("anna", "bob", "carol")


def person(bench: EngineHarness, name: str) -> HarnessClient:
    """Return a client, reconnected if necessary; carol never registers."""
    found = bench.people.get(name)
    if found is None or found.ear.is_finished:
        found = bench.dial(name)
        if name != "carol":
            caps = [f"CAP REQ :{name_of}" for name_of in CAPABILITIES] if name == "anna" else []
            found.send(
                "CAP LS 302", *caps, f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END", "JOIN #tea"
            )
    return found


def send(bench: EngineHarness, data: bytes) -> None:
    """Send an input; its first byte selects the client and the split point."""
    first, data = data[:1] or b"\0", data[1:]
    sender = person(bench, NAMES[first[0] % len(NAMES)])
    cut = first[0] % (len(data) + 1)
    try:
        sender.send_bytes(data[:cut])
        sender.send_bytes(data[cut:] + b"\nPING fence\n")
    except FramingError:
        sender.hang_up()
        sender.ear.finish()
    for one in bench.people.values():
        for line in one.heard():
            check_form(line)
    check_world(bench.core.runtime.world)


class FuzzTimeout(logging.Handler):
    """Ends the run when the engine logs an exception."""

    def emit(self, record: logging.LogRecord) -> None:
        """Fail on records above WARNING."""
        raise AssertionError(record.getMessage())


def main() -> None:
    """Fuzz until the time limit."""
    logging.getLogger("app").addHandler(FuzzTimeout(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        bench = EngineHarness.fresh(Path(folder) / "chat.db")
        for name in NAMES:
            person(bench, name).heard()
        atheris.Setup(sys.argv, lambda data: send(bench, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
