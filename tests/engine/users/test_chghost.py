"""CHGHOST (IRCv3 chghost)."""

import pytest
from sqlalchemy import select

from app.db.models import SessionRow
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, people


@pytest.fixture
def root(bench: EngineHarness) -> HarnessClient:
    """A logged-in administrator in no room."""
    account(bench, "root", role="admin")
    return enter(bench, "root", "root")


def test_chghost_reaches_members_of_shared_rooms_once(bench: EngineHarness, root: HarnessClient) -> None:
    bench.connect("alice", "chghost")
    bench.connect("bob", "chghost")
    bench.connect("stranger", "chghost")
    gather(bench, "#tea", "alice", "bob", "carol")
    gather(bench, "#milk", "alice", "bob", "carol")
    bench.play("alice .\nbob .")
    bench.play(
        """
        root > CHGHOST BOB tea.example/bob
        root < :irc.example NOTICE root :bob is now displayed as bob!~bob@tea.example/bob.
        root =
        alice < :bob!~bob@127.0.0.1 CHGHOST ~bob tea.example/bob
        alice =
        bob < :bob!~bob@127.0.0.1 CHGHOST ~bob tea.example/bob
        bob < :irc.example 396 bob tea.example/bob :is now your displayed host
        bob =
        carol =
        stranger =
        bob > PRIVMSG #tea :hi
        carol < :bob!~bob@tea.example/bob PRIVMSG #tea :hi
        root > CHGHOST bob tea.example/bob
        root ~ :irc.example NOTICE root :bob is now displayed as *
        bob =
        """
    )
    assert " bob ~bob tea.example/bob * :" in bench.people["carol"].ask("WHOIS bob")[0]


def test_chghost_reaches_extended_monitors(bench: EngineHarness, root: HarnessClient) -> None:
    caps = {
        "alice": ("extended-monitor", "chghost"),
        "carol": ("extended-monitor",),
        "dave": ("chghost",),
    }
    for name, wanted in caps.items():
        bench.connect(name, *wanted).ask("MONITOR + bob")
    bench.connect("bob")
    bench.play("alice .\ncarol .\ndave .")
    root.ask("CHGHOST bob tea.example")
    bench.play(
        """
        alice < :bob!~bob@127.0.0.1 CHGHOST ~bob tea.example
        alice =
        carol =
        dave =
        """
    )


def test_bans_match_the_new_host_at_once(bench: EngineHarness, root: HarnessClient) -> None:
    bench.connect("bob", address="192.0.2.7")
    _, bob = gather(bench, "#tea", "alice", "bob")
    bench.people["alice"].ask("MODE #tea +b *!*@tea.example")
    assert bob.ask("PRIVMSG #tea :before") == []
    root.ask("CHGHOST bob tea.example")
    assert codes(bob.ask("PRIVMSG #tea :after"))[-1] == "404"
    root.send("KLINE *!*@tea.example :out")
    assert codes(bob.heard()) == ["ERROR"]


def test_names_show_the_new_host(bench: EngineHarness, root: HarnessClient) -> None:
    alice = bench.connect("alice", "userhost-in-names")
    gather(bench, "#tea", "alice", "bob")
    assert "bob!~bob@127.0.0.1" in "".join(alice.ask("NAMES #tea"))
    root.ask("CHGHOST bob tea.example")
    assert "bob!~bob@tea.example" in "".join(alice.ask("NAMES #tea"))


def test_chghost_reaches_all_devices_and_is_stored(bench: EngineHarness, root: HarnessClient) -> None:
    account(bench, "bob")
    phone, laptop = enter(bench, "bob", "bob", "chghost"), enter(bench, "bob", "bob")
    phone.heard()
    root.ask("CHGHOST bob tea.example")
    assert codes(phone.heard()) == ["CHGHOST", "396"]
    assert codes(laptop.heard()) == ["396"]
    with bench.database.reading() as session:
        assert session.scalars(select(SessionRow.host).where(SessionRow.nick == "bob")).all() == [
            "tea.example"
        ]


def test_chghost_of_oneself_is_labelled(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root", "labeled-response", "batch", "chghost")
    heard = root.ask("@label=h CHGHOST root tea.example")
    assert [line.split(" ")[2] for line in heard if "batch=" in line] == ["396", "NOTICE"]
    assert sum(" CHGHOST ~root tea.example" in line for line in heard) == 1


@pytest.mark.parametrize(
    "host", ["", "a b", "a!b", "a@b", "*.example", ":x", ".tea", "tea.", "x" * 64, "tée"]
)
def test_invalid_hosts_are_refused(bench: EngineHarness, root: HarnessClient, host: str) -> None:
    people(bench, "bob")
    assert codes(root.ask(f"CHGHOST bob :{host}")) == ["400"]


def test_chghost_needs_an_administrator_and_a_user(bench: EngineHarness, root: HarnessClient) -> None:
    (alice,) = people(bench, "alice")
    assert codes(alice.ask("CHGHOST alice tea.example")) == ["481"]
    assert codes(root.ask("CHGHOST nobody tea.example", "CHGHOST NickServ tea.example")) == ["401", "483"]
