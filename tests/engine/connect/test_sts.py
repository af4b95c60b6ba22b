"""Strict transport security (IRCv3 sts)."""

import pytest

from app.wire.line import parse
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness


def listed(bench: EngineHarness, version: str = "302", secure: bool = False) -> list[str]:
    """Return the sts entries of CAP LS."""
    person = bench.dial("alice")
    person.client.secure = secure
    lines = map(parse, person.ask(f"CAP LS {version}"))
    return [word for line in lines for word in line.params[-1].split() if word.startswith("sts")]


def test_sts_is_off_by_default(bench: EngineHarness) -> None:
    assert listed(bench) == listed(bench, secure=True) == []


def test_sts_sends_port_without_tls_and_duration_with_it(make_bench: MakeBench) -> None:
    bench = make_bench(sts_seconds=2592000)
    assert listed(bench) == ["sts=port=6697"]
    assert listed(bench, secure=True) == ["sts=duration=2592000"]


@pytest.mark.parametrize("version", ["", "301", "x"])
def test_cap_301_clients_do_not_see_sts(make_bench: MakeBench, version: str) -> None:
    assert listed(make_bench(sts_seconds=60), version) == []


def test_sts_cannot_be_requested(make_bench: MakeBench) -> None:
    bench = make_bench(sts_seconds=60)
    bench.dial("alice")
    bench.play(
        """
        alice > CAP REQ sts
        alice < :irc.example CAP * NAK :sts
        alice > CAP REQ :server-time sts
        alice < :irc.example CAP * NAK :server-time sts
        alice > CAP REQ -sts
        alice < :irc.example CAP * NAK :-sts
        alice > CAP LIST
        alice < :irc.example CAP * LIST :
        """
    )
