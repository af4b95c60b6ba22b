"""REDACT (IRCv3 draft/message-redaction)."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db.fulltext import fulltext_of
from app.db.fulltext import sqlite as sqlite_fulltext
from app.engine.submission_unit import SubmissionUnit
from app.engine.upkeep.index import INDEX_BATCH_IDLE
from app.services.administration import audit
from app.services.erasure.redaction import RedactionSelection, Redactor, redact_messages
from app.services.history.history import History
from app.services.history.selection import HistorySelection
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine import history_clients
from tests.engine.account_clients import begin, finish
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import page, texts
from tests.engine.scenes import log_in

CAPS = (*history_clients.CAPS, "draft/message-redaction")


def gather(bench: EngineHarness, *names: str) -> list[HarnessClient]:
    """Join #tea with clients that support redaction; the first is its operator."""
    return history_clients.gather(bench, "#tea", *names, caps=CAPS)


def say(person: HarnessClient, target: str, words: str) -> str:
    """Send a message and return its msgid."""
    return parse(person.ask(f"PRIVMSG {target} :{words}")[0]).tags["msgid"]


def test_redaction_is_sent_to_members_with_the_capability(bench: EngineHarness) -> None:
    _, bob = gather(bench, "alice", "bob")
    history_clients.gather(bench, "#tea", "carol", caps=("message-tags", "server-time"))
    first, second = say(bob, "#tea", "hi"), say(bob, "#tea", "you")
    bench.play(
        f"""
        alice .
        bob .
        carol .
        bob > @label=x REDACT #TEA {first} :no good
        bob ~ @label=x;time=* :bob!~bob@127.0.0.1 REDACT #tea {first} :no good
        alice ~ @time=* :bob!~bob@127.0.0.1 REDACT #tea {first} :no good
        bob > REDACT #tea {second}
        bob ~ @time=* :bob!~bob@127.0.0.1 REDACT #tea {second}
        alice ~ @time=* :bob!~bob@127.0.0.1 REDACT #tea {second}
        alice =
        bob =
        carol =
        """
    )


def test_clients_without_the_capability_may_redact_silently(bench: EngineHarness) -> None:
    (alice,) = history_clients.gather(bench, "#tea", "alice")
    one = say(alice, "#tea", "hi")
    assert alice.ask(f"@label=x REDACT #tea {one}") == ["@label=x :irc.example ACK"]
    assert texts(alice, "LATEST #tea * 10") == []


def test_operators_may_redact_messages_of_others(bench: EngineHarness) -> None:
    alice, bob, carol = gather(bench, "alice", "bob", "carol")
    one, other = say(bob, "#tea", "hi"), say(alice, "#tea", "you")
    bench.play(
        f"""
        bob .
        carol .
        carol > REDACT #tea {one} :mine
        carol ~ *:irc.example FAIL REDACT REDACT_FORBIDDEN #tea {one} :*
        carol =
        bob =
        bob > REDACT #tea {other}
        bob ~ *:irc.example FAIL REDACT REDACT_FORBIDDEN #tea {other} :*
        alice .
        alice > REDACT #tea {one}
        alice ~ * REDACT #tea {one}
        bob ~ * REDACT #tea {one}
        """
    )
    log_in(bench, "carol", "carol", role="admin")
    assert [parse(line).command for line in carol.ask(f"REDACT #tea {other}")] == ["REDACT"]
    assert texts(alice, "LATEST #tea * 10") == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("#tea zzz", "UNKNOWN_MSGID #tea zzz"),
        ("#tea 1", "UNKNOWN_MSGID #tea 1"),
        ("#tea :no id", "UNKNOWN_MSGID #tea no_id"),
        ("#none {msgid}", "INVALID_TARGET #none"),
        ("#else {msgid}", "INVALID_TARGET #else"),
        ("@#else zzz", "INVALID_TARGET @#else"),
        ("#here {msgid}", "UNKNOWN_MSGID #here {msgid}"),
        ("@#tea {msgid}", "UNKNOWN_MSGID @#tea {msgid}"),
        ("nobody {msgid}", "INVALID_TARGET nobody"),
        ("bob {msgid}", "UNKNOWN_MSGID bob {msgid}"),
    ],
)
def test_invalid_redactions_are_refused(bench: EngineHarness, asked: str, answer: str) -> None:
    (alice, bob) = gather(bench, "alice", "bob")
    bob.send("JOIN #else")
    alice.ask("JOIN #here")
    one = say(alice, "#tea", "hi")
    (told,) = alice.ask("REDACT " + asked.format(msgid=one))
    assert f":irc.example FAIL REDACT {answer.format(msgid=one)} :" in told
    assert texts(alice, "LATEST #tea * 10") == ["hi"]


def test_a_second_redaction_is_refused(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "alice")
    one = say(alice, "#tea", "hi")
    told = [parse(line).command for line in alice.ask(f"REDACT #tea {one}", f"REDACT #tea {one}")]
    assert told == ["REDACT", "FAIL"]
    bench.restart()
    (alice,) = gather(bench, "alice")
    assert [parse(line).params[1] for line in alice.ask(f"REDACT #tea {one}")] == ["UNKNOWN_MSGID"]


def test_a_private_redaction_reaches_both_sides(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "alice", "bob")
    gather(bench, "carol")
    mine, theirs = say(alice, "bob", "hi"), say(bob, "alice", "you")
    bench.play(
        f"""
        alice .
        bob .
        carol .
        alice > REDACT bob {mine} :oops
        alice ~ * REDACT bob {mine} :oops
        bob ~ * :alice!~alice@127.0.0.1 REDACT bob {mine} :oops
        alice > REDACT bob {theirs}
        alice ~ *:irc.example FAIL REDACT REDACT_FORBIDDEN bob {theirs} :*
        carol > REDACT bob {mine}
        carol ~ *:irc.example FAIL REDACT UNKNOWN_MSGID bob {mine} :*
        alice =
        bob =
        carol =
        """
    )
    assert texts(alice, "LATEST bob * 10") == texts(bob, "LATEST alice * 10") == ["you"]


def test_redacting_an_operator_message_reaches_operators(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "alice", "bob")
    one = say(bob, "@#tea", "psst")
    (carol,) = gather(bench, "carol")
    (told,) = carol.ask(f"REDACT @#tea {one}")
    assert f"FAIL REDACT UNKNOWN_MSGID @#tea {one} :" in told, "as if it had not been said"
    alice.heard()
    bob.heard()
    bob.send(f"REDACT @#tea {one}")
    assert [line.params for line in alice.hears("REDACT")] == [["@#tea", one]]
    assert [line.params for line in bob.hears("REDACT")] == [["@#tea", one]]


def test_history_omits_a_redacted_message_but_keeps_its_position(bench: EngineHarness) -> None:
    caps = (*history_clients.PLAYBACK, "draft/message-redaction")
    (alice,) = history_clients.gather(bench, "#tea", "alice", caps=caps)
    before, one, after = (say(alice, "#tea", words) for words in ("before", "gone", "after"))
    tag = parse(alice.ask("@+react=nod TAGMSG #tea")[0]).tags["msgid"]
    alice.ask(f"REDACT #tea {one}", f"REDACT #tea {tag}")
    shown = [line for line in page(alice, "LATEST #tea * 10") if line.command in ("PRIVMSG", "TAGMSG")]
    assert [line.tags["msgid"] for line in shown] == [before, after]
    for newcomer in ("carol", "dora"):
        (late,) = history_clients.gather(bench, "#milk", newcomer, caps=("server-time",))
        late.send("JOIN #tea")
        assert [line.params[-1] for line in late.hears("PRIVMSG")] == ["before", "after"]
        bench.restart()
    (alice,) = history_clients.gather(bench, "#tea", "alice", caps=caps)
    assert texts(alice, f"AFTER #tea msgid={one} 1") == ["after"]
    history = History(bench.database, HistorySelection())
    assert [entry.text for entry in history.entries()] == ["before", "after"]


def test_a_join_in_the_same_changeset_does_not_see_it(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "alice")
    one, _ = say(alice, "#tea", "gone"), say(alice, "#tea", "kept")
    bench.restart()
    (alice,) = gather(bench, "alice")
    newcomers = bob, carol = bench.connect("bob", "server-time"), bench.connect("carol", "server-time")
    steps = [(bob, "JOIN #tea"), (alice, f"REDACT #tea {one}"), (carol, "JOIN #tea")]
    bench.core.engine.cycle([SubmissionUnit(person.client, [bench.request(line)]) for person, line in steps])
    shown = [[line.params[-1] for line in person.hears("PRIVMSG")] for person in newcomers]
    assert shown == [["gone", "kept"], ["kept"]]


def test_a_page_read_earlier_omits_a_message_redacted_since(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "alice", "bob")
    one = say(alice, "#tea", "gone")
    unit = begin(bob, "CHATHISTORY LATEST #tea * 10")
    assert unit.slow_work is not None
    with bench.database.reading() as session:
        found = unit.slow_work.work(session)
    alice.send(f"REDACT #tea {one}")
    unit.slow_work = type(unit.slow_work)(lambda _: found, unit.slow_work.then, unit.slow_work.on_error)
    bob.heard()
    assert not any("gone" in line for line in finish(bob, unit))


def test_redactions_are_audited(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "alice", "bob")
    one = say(bob, "#tea", "hi")
    alice.ask(f"REDACT #tea {one} :rude")
    with bench.database.reading() as session:
        (trace,) = audit.find_latest_entries(session, 10)
    assert (trace.actor, trace.action, trace.target) == ("alice", "redact", "#tea")
    assert trace.detail == {"msgid": one, "reason": "rude", "by": "alice"}


@pytest.mark.parametrize("size", [20, 450])
def test_redacted_text_is_removed_from_all_database_files(bench: EngineHarness, size: int) -> None:
    (alice,) = gather(bench, "alice")
    secret = "Geheimnis" + "x" * size
    alice.send(f"@+note={'Tagnotiz' * 40} PRIVMSG #tea :{secret}")
    one = parse(alice.heard()[0]).tags["msgid"]
    path = Path(str(bench.database))

    def files() -> bytes:
        with bench.database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return b"".join(found.read_bytes() for found in path.parent.glob(f"{path.name}*"))

    assert b"Geheimnis" in files()
    alice.ask(f"REDACT #tea {one}")
    assert not {word for word in (b"Geheimnis", b"Tagnotiz", b"xxxxxxxx") if word in files()}


def leave_traces(bench: EngineHarness, alice: HarnessClient, *texts: str) -> None:
    """Send messages among many others and redact them."""
    ids = []
    for text_ in texts:
        ids.append(say(alice, "#tea", text_))
        alice.send(*(f"PRIVMSG #tea :{text_[:1]}{number} and so on" for number in range(INDEX_BATCH_IDLE)))
    alice.send(*(f"REDACT #tea {one}" for one in ids))


def traces(bench: EngineHarness) -> bool:
    """Whether the files contain any trigram of the redacted text."""
    with bench.database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    path = Path(str(bench.database))
    data = b"".join(found.read_bytes() for found in path.parent.glob(f"{path.name}*"))
    return "龘靐".encode() in data or "靐龗".encode() in data


def let_pass(bench: EngineHarness, clock: MovedClock, times: int) -> None:
    """Run idle cycles."""
    for _ in range(times):
        clock.instant += 300
        bench.core.engine.cycle([])


@pytest.mark.parametrize("pages", [1, 100])
def test_redacted_text_is_removed_from_the_index(
    bench: EngineHarness, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    """No trigram is left, however few pages each merge step handles."""
    monkeypatch.setattr(sqlite_fulltext, "MERGED_PAGES", pages)
    monkeypatch.setattr(sqlite_fulltext, "REMOVAL_MERGED_PAGES", 0)  # which may suffice
    (alice,) = gather(bench, "alice")
    leave_traces(bench, alice, "a鑫龘靐龗b", "c靐龗麤")
    assert traces(bench)
    let_pass(bench, clock, 40)
    assert not traces(bench)
    with bench.database.engine.connect() as connection:
        assert not fulltext_of(connection).needs_merge(connection)


def test_erasing_continues_after_a_restart(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "alice")
    leave_traces(bench, alice, "a鑫龘靐龗b")
    assert traces(bench)
    bench.restart()
    let_pass(bench, clock, 3)
    assert not traces(bench)


def test_erasing_waits_for_the_log_lock(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "alice")
    leave_traces(bench, alice, "a鑫龘靐龗b")
    with closing(sqlite3.connect(str(bench.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        let_pass(bench, clock, 2)
        assert len(alice.ask("PING x")) == 1
    let_pass(bench, clock, 3)
    assert not traces(bench)


def redact_as_admin(bench: EngineHarness, clock: MovedClock, selection: RedactionSelection) -> None:
    """Redact messages with chat-admin beside the running server."""
    redactor = Redactor("admin:me", "irc.example", "spam")
    redact_messages(bench.database, clock, redactor, selection, {}, lambda redacted: None)
    clock.instant += 300
    bench.core.engine.cycle([])


def test_clients_see_what_an_administrator_redacts(bench: EngineHarness, clock: MovedClock) -> None:
    alice, bob = gather(bench, "alice", "bob")
    one, two = say(bob, "#tea", "hi"), say(bob, "@#tea", "psst")
    private = say(bob, "alice", "secretly")
    for person in (alice, bob):
        person.heard()
    redact_as_admin(bench, clock, RedactionSelection(user="bob", direct=True))
    lines = [line.partition(" ")[2] for line in alice.heard()]
    assert lines == [
        f":irc.example REDACT #tea {one} :spam",
        f":irc.example REDACT @#tea {two} :spam",
        f":irc.example REDACT alice {private} :spam",
    ]
    assert [line.partition(" ")[2] for line in bob.heard()] == [lines[0], lines[2]]
    assert "PRIVMSG" not in str(alice.ask("CHATHISTORY LATEST #tea * 10"))
    with bench.database.reading() as session:
        assert audit.find_latest_entries(session, 10, action="history.redact")
