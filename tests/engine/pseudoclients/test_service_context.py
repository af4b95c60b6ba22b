"""NickServ and HistServ as pseudoclients: addressing, secrecy, protection."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from app.wire.line import parse
from app.wire.names import PSEUDOCLIENTS
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

NICKSERV = "NickServ!NickServ@irc.example"
CAPS = ("echo-message", "labeled-response", "batch", "message-tags", "server-time")


def tell(bench: EngineHarness, person: str, words: str) -> list[str]:
    """Message NickServ and return the texts of its notices, which are the whole reply."""
    lines = [parse(line) for line in bench.people[person].ask(f"PRIVMSG NickServ :{words}")]
    assert {(line.command, line.source) for line in lines} == {("NOTICE", NICKSERV)}
    return [line.params[-1] for line in lines]


@pytest.mark.parametrize("said", ["PRIVMSG nickserv :help info", "NS HELP INFO", "nickserv help :info"])
def test_services_answer_nick_and_verb_with_notices(bench: EngineHarness, said: str) -> None:
    people(bench, "alice")
    bench.play(
        f"""
        alice > {said}
        alice < :{NICKSERV} NOTICE alice :INFO [<account>]
        alice ~ :{NICKSERV} NOTICE alice :Show the registration time*
        alice =
        """
    )


def test_help_of_a_service_names_every_command(bench: EngineHarness) -> None:
    people(bench, "alice")
    told = tell(bench, "alice", "HELP")
    assert any(line.startswith("IDENTIFY [<account>] <password>: Log in") for line in told)
    assert tell(bench, "alice", "HELP nonsense") == [
        "Unknown command nonsense; HELP lists the commands of NickServ"
    ]
    assert tell(bench, "alice", "nonsense") == [
        "Unknown command nonsense; HELP lists the commands of NickServ"
    ]
    assert tell(bench, "alice", " ") == ["Try HELP"]


def test_missing_parameters_are_answered_with_the_syntax(bench: EngineHarness) -> None:
    people(bench, "alice")
    assert tell(bench, "alice", "IDENTIFY") == ["Not enough parameters: IDENTIFY [<account>] <password>"]


def test_replies_are_labelled_and_follow_the_echo(bench: EngineHarness) -> None:
    alice = bench.connect("alice", *CAPS)
    first, *lines, last = map(parse, alice.ask("@label=x PRIVMSG NickServ :HELP INFO"))
    assert (first.command, first.tags["label"], first.params[1]) == ("BATCH", "x", "labeled-response")
    assert [line.command for line in lines] == ["PRIVMSG", "NOTICE", "NOTICE"]
    assert {line.tags["batch"] for line in lines} == {first.params[0][1:]}
    assert lines[0].params == ["NickServ", "HELP INFO"]
    assert "time" in lines[0].tags
    assert "msgid" not in lines[0].tags
    assert last.command == "BATCH"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("IDENTIFY hunter2", "IDENTIFY ***"),
        ("identify anna hunter2", "identify *** ***"),
        ("REGISTER hunter2", "REGISTER ***"),
        ("IDENTFY hunter2", "*** ***"),
        ("HELP IDENTIFY", "HELP IDENTIFY"),
    ],
)
def test_echoes_hide_secrets(bench: EngineHarness, said: str, shown: str) -> None:
    alice = bench.connect("alice", "echo-message")
    echo, *answers = alice.ask(f"PRIVMSG NickServ :{said}")
    assert parse(echo).params == ["NickServ", shown]
    assert not [line for line in answers if "hunter2" in line]


def test_secrets_reach_neither_storage_nor_other_devices(bench: EngineHarness) -> None:
    """Nor in the history; a client that sends the words as separate parameters works too."""
    account(bench, "anna")
    phone, laptop = enter(bench, "anna", "anna", *CAPS), enter(bench, "anna", "anna", *CAPS)
    laptop.heard()
    for said in (":IDENTIFY hunter2", "IDENTIFY anna hunter2", ":IDENTFY hunter2", ":identify  anna hunter2"):
        phone.send(f"PRIVMSG NickServ {said}")
    assert "hunter2" not in "".join(phone.heard())
    assert laptop.heard() == []
    file = Path(str(bench.database))
    assert not [path for path in file.parent.glob(file.name + "*") if b"hunter2" in path.read_bytes()]
    with bench.database.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text("SELECT * FROM event"))]
    assert "NickServ" not in json.dumps(rows, default=str)


def test_services_ignore_ctcp_and_notices(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.connect("carol", "message-tags")
    bench.play(
        """
        alice > PRIVMSG NickServ :\x01VERSION\x01
        alice > PRIVMSG NickServ :\x01ACTION waves\x01
        alice > NOTICE NickServ :HELP
        alice =
        carol > @+typing=active TAGMSG NickServ
        carol =
        alice > PRIVMSG NickServ
        alice < :irc.example 412 alice :No text to send
        """
    )


def test_services_accept_only_single_target_single_line_messages(bench: EngineHarness) -> None:
    alice, bob = people(bench, "alice", "bob")
    refusal = ":irc.example 407 alice NickServ :Send messages to NickServ separately, one line at a time"
    for targets in ("bob,NickServ", "nickserv,bob", "NickServ,nickserv"):
        assert alice.ask(f"PRIVMSG {targets} :IDENTIFY hunter2") == [refusal]
    assert alice.ask("NOTICE bob,NickServ :IDENTIFY hunter2") == []
    assert bob.heard() == [], "because he would read the password"
    carol = bench.connect("carol", "batch", "draft/multiline")
    heard = carol.ask(
        "BATCH +x draft/multiline NickServ",
        "@batch=x PRIVMSG NickServ :IDENTIFY",
        "@batch=x PRIVMSG NickServ :hunter2",
        "BATCH -x",
    )
    assert heard == [
        ":irc.example 407 carol NickServ :Send messages to NickServ separately, one line at a time"
    ]


def test_services_appear_in_whois_ison_and_monitor(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > WHOIS nickserv
        alice ~ :irc.example 311 alice NickServ NickServ irc.example * :*/msg NickServ HELP
        alice < :irc.example 312 alice NickServ irc.example :irc.example
        alice ~ :irc.example 335 alice NickServ :*
        alice ~ :irc.example 317 alice NickServ 0 *
        alice ~ :irc.example 318 alice nickserv :*
        alice > ISON NickServ HistServ ChanServ
        alice < :irc.example 303 alice :NickServ HistServ
        alice > MONITOR + NickServ
        alice < :irc.example 730 alice :NickServ!NickServ@irc.example
        alice > WHO *Serv
        alice ~ :irc.example 315 *
        alice > LUSERS
        alice ~ :irc.example 251 alice :There are 0 users and 1 invisible*
        """
    )


@pytest.mark.parametrize("nick", [*PSEUDOCLIENTS, "NICKSERV", "NickServ".replace("c", "с"), "ChanServ"])
def test_service_nicks_are_reserved(bench: EngineHarness, nick: str) -> None:
    person = bench.dial("x")
    assert [parse(line).command for line in person.ask(f"NICK {nick}")] == ["432"]
    (alice,) = people(bench, "alice")
    assert " FAIL REGISTER " in alice.ask(f"REGISTER {nick} * secret")[0]


def test_services_cannot_be_kicked_killed_or_invited(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    gather(bench, "#tea", "alice")
    bench.play(
        """
        root > KILL NickServ
        root < :irc.example 483 root :You cannot kill a server
        alice > INVITE NickServ #tea
        alice < :irc.example 401 alice NickServ :NickServ is a service and does not join rooms
        alice > KICK #tea NickServ
        alice ~ :irc.example 441 *
        """
    )
    assert "NickServ" in root.ask("ISON NickServ")[0]


def test_services_need_registration(bench: EngineHarness) -> None:
    person = bench.dial("x")
    assert (
        person.ask("PRIVMSG NickServ :IDENTIFY a b", "NS HELP")
        == [":irc.example 451 * :You have not registered"] * 2
    )


def test_service_commands_cost_the_same_as_their_verbs(bench: EngineHarness) -> None:
    """Passwords are hashed, so guessing through messages costs as much as any other way."""
    assert bench.request("PRIVMSG NickServ :REGISTER x").cost == bench.request("NS REGISTER x").cost == 5
    assert bench.request("PRIVMSG bob :REGISTER x").cost == 1
