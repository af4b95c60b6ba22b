"""REHASH: settings reloaded while the server runs."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.db.models import EventRow, RoomRow
from app.services.accounts.administration import set_role
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, begin, codes, enter, finish
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.rehashing import File
from tests.engine.scenes import gather, people
from tests.story import Story

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")


@pytest.fixture
def root(bench: EngineHarness) -> HarnessClient:
    """A logged-in administrator."""
    account(bench, "root", role="admin")
    return enter(bench, "root", "root")


def notices(person: HarnessClient) -> list[str]:
    """Reload the settings and return the notices."""
    first, *others = person.ask("REHASH")
    assert first == ":irc.example 382 root serverSetup.json :Reloading the configuration"
    start = ":irc.example NOTICE root :"
    assert all(line.startswith(start) for line in others)
    return [line.removeprefix(start) for line in others]


def test_changeable_settings_apply_at_once(bench: EngineHarness, root: HarnessClient, file: File) -> None:
    people(bench, "alice")
    assert codes(bench.people["alice"].ask("MOTD", "OPER boss :open sesame")) == ["422", "464"]
    file.write(motd="Tea at five.", operators={"boss": HASH}, registration="closed", max_targets=1)
    file.write(motd="Tea at five.", operators={"boss": HASH}, registration="closed")
    assert notices(root) == ["Changed: motd, operators, registration."]
    assert codes(bench.people["alice"].ask("MOTD", "OPER boss :open sesame")) == [
        "375",
        "372",
        "376",
        "381",
        "MODE",
    ]
    assert notices(root) == ["No settings changed."]


def test_rehash_needs_an_administrator(bench: EngineHarness, file: File) -> None:
    people(bench, "alice")
    file.write(motd="Tea at five.")
    assert codes(bench.people["alice"].ask("REHASH", "MOTD")) == ["481", "422"]


def test_a_reload_has_a_beginning_and_an_end_whatever_comes_of_it(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    """systemd shows the service as reloading in between."""
    phases: list[str] = []
    bench.core.runtime.reload_started = lambda: phases.append("started")
    bench.core.runtime.reload_finished = lambda: phases.append("finished")
    root.send("REHASH")
    assert phases == ["started", "finished"]
    file.path.write_text("{")
    root.send("REHASH")
    assert phases == ["started", "finished"] * 2


def test_settings_that_need_a_restart_are_named(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.write(port=7000, node="other", dbname="other.db", servername="Other", motd="hi", tls_port=7001)
    assert notices(root) == ["Changed: motd.", "Needs a restart: port, tls_port, servername, node, dbname."]
    settings = bench.core.runtime.settings
    assert (settings.port, settings.node, settings.motd) == (6667, "main", "hi")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not valid JSON (line 1"),
        ('{"motd": "hi"', "is not valid JSON (line 1"),
        ("[]", "is not valid JSON"),
        ('{"motd": "hi", "password": ""}', '"password" is a value that is not shown'),
        ('{"motd": "hi", "flood_rate": -1}', '"flood_rate" is -1'),
        ('{"motd": "hi", "operators": {"boss": "geheim"}}', '"operators" is a value that is not shown'),
        ('{"motd": "hi", "tls_cert": "none.pem", "tls_key": "none.pem"}', "cannot be used"),
    ],
)
def test_unusable_settings_change_nothing_and_reveal_no_secret(
    bench: EngineHarness,
    root: HarnessClient,
    file: File,
    text: str,
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = bench.core.runtime.settings
    file.path.write_text(text)
    first, *others = notices(root)
    assert first == "The settings were not reloaded."
    assert why in "".join(others)
    assert why in caplog.text
    assert "geheim" not in "".join(others) + caplog.text
    assert bench.core.runtime.settings is before
    assert codes(root.ask("MOTD")) == ["422"]


@pytest.mark.parametrize("text", ["{", '{"motd": "hi", "replay": "many"', "[]"])
def test_a_refused_reload_does_not_say_what_a_start_would_do(
    bench: EngineHarness, root: HarnessClient, file: File, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is true at a start, that the file is ignored or a default used, is not true here."""
    file.path.write_text(text)
    said = "\n".join([*notices(root), caplog.text])
    assert "The settings were not reloaded" in said
    assert not [word for word in ("ignored", "default", "is used") if word in said]


def test_a_warning_says_when_a_default_needs_a_restart(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(port=7000, max_rooms=10)
    file = File(bench, tmp_path / "serverSetup.json")
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    file.write(port="many", max_rooms="many", ip="")
    place = f"Warning: {file.path}: "
    assert sorted(notices(root)) == [
        "Changed: max_rooms.",
        "Needs a restart: port.",
        f'{place}"ip" is "", but must be an IP address or a host name; "127.0.0.1" is used.',
        f'{place}"max_rooms" is "many", but must be a whole number from 1 to 1000000; 10000 is used.',
        f'{place}"port" is "many", but must be a whole number from 0 to 65535; after a restart, 6667 is used.',
    ]


def test_a_missing_file_does_not_reset_to_defaults(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.path.unlink()
    assert notices(root) == ["The settings were not reloaded.", f"There is no settings file {file.path}."]


def test_a_warning_is_shown_and_valid_settings_apply(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.write(motd="hi", replay="many", colour=1)
    *warnings, changed = notices(root)
    assert changed == "Changed: motd."
    assert [warning.partition(":")[0] for warning in warnings] == ["Warning", "Warning"]
    assert all(name in "".join(warnings) for name in ("replay", "colour"))


def test_a_changed_icon_is_announced(bench: EngineHarness, root: HarnessClient, file: File) -> None:
    (alice,) = people(bench, "alice")
    for settings, token in (
        ({"icon": "https://a.example/b"}, "draft/ICON=https://a.example/b"),
        ({}, "-draft/ICON"),
    ):
        file.write(**settings)
        root.ask("REHASH")
        assert parse(alice.heard()[-1]).params[1:-1] == [token]


def test_changed_isupport_tokens_are_announced(bench: EngineHarness, root: HarnessClient, file: File) -> None:
    """RPL_ISUPPORT may be sent again (Modern IRC); with draft/extended-isupport as a batch."""
    bench.connect("alice")
    bench.connect("bob", "batch", "draft/extended-isupport")
    file.write(topic_length=100, max_targets=3, motd="hi")
    root.ask("REHASH")
    bench.play(
        """
        alice ~ :irc.example 005 alice TOPICLEN=100 KICKLEN=100 AWAYLEN=100 TARGMAX=*PRIVMSG:3* :are supported*
        alice =
        bob ~ :irc.example BATCH +* draft/isupport
        bob ~ @batch=* :irc.example 005 bob TOPICLEN=100 *
        bob ~ :irc.example BATCH -*
        bob =
        """
    )
    assert " TOPICLEN=100 " in "".join(bench.people["alice"].ask("VERSION"))
    file.write(topic_length=100, max_targets=3, motd="other")
    root.ask("REHASH")
    bench.play("alice =")


def test_limits_follow_the_new_settings(
    bench: EngineHarness, root: HarnessClient, file: File, clock: MovedClock
) -> None:
    bob = bench.connect("bob", address="192.0.2.7")
    for _ in range(3):
        bob.ask("OPER boss wrong")
    file.write(login_attempts=2, max_rooms_per_user=1)
    root.ask("REHASH")
    assert "Too many wrong passwords" in bob.ask("OPER boss wrong")[-1]
    assert codes(bob.ask("JOIN #one", "JOIN #two"))[-1] == "405"
    file.write(login_attempts=9)
    root.ask("REHASH")
    assert "Wrong operator name or password" in bob.ask("OPER boss wrong")[-1]


def test_the_replay_length_follows_the_new_settings(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    alice.send(*(f"PRIVMSG #tea :{number}" for number in range(5)))
    for replay, shown in ((2, ["3", "4"]), (4, ["1", "2", "3", "4"]), (0, [])):
        file.write(replay=replay)
        root.ask("REHASH")
        newcomer = bench.connect(f"n{replay}")
        newcomer.send("JOIN #tea")
        assert [line.params[-1].rpartition(" ")[2] for line in newcomer.hears("PRIVMSG")] == shown
    alice.send("PRIVMSG #tea :more")


def test_new_auto_join_rooms_are_created(bench: EngineHarness, root: HarnessClient, file: File) -> None:
    gather(bench, "#tea", "alice")
    file.write(auto_join=["#tea", "#ops"])
    root.ask("REHASH")
    with bench.database.reading() as session:
        official = {room.name: room.official for room in session.scalars(select(RoomRow))}
    assert official == {"#tea": False, "#ops": True}
    bench.connect("bob")
    assert "@#ops" not in "".join(bench.people["bob"].ask("WHOIS bob"))
    assert "#ops" in "".join(bench.people["bob"].ask("WHOIS bob"))


def test_changed_keys_are_audited_without_values(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.write(operators={"boss": HASH}, password="geheim", port=7000)
    root.ask("REHASH")
    with bench.database.reading() as session:
        columns = (EventRow.nick, EventRow.account, EventRow.data)
        (event,) = session.execute(select(*columns).where(EventRow.kind == "rehashed")).all()
    assert tuple(event) == ("root", "root", {"changed": ["password", "operators"], "waiting": ["port"]})


def test_a_demotion_during_the_read_cancels_the_rehash(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.write(motd="hi")
    unit = begin(root, "REHASH")
    Story(bench.database, bench.clock).apply(lambda admin: set_role(admin, "root", "user"))
    assert codes(finish(root, unit))[-1] == "481"
    assert bench.core.runtime.settings.motd == ""


def test_a_labelled_rehash_gets_one_response(bench: EngineHarness, file: File) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root", "labeled-response", "batch")
    file.write(motd="hi")
    first, *inner, last = root.ask("@label=r REHASH")
    assert first.startswith("@label=r ")
    assert " BATCH +" in first
    assert [line.split(" ")[2] for line in inner] == ["382", "NOTICE"]
    assert " BATCH -" in last


def test_concurrent_rehashes_are_harmless(make_bench: MakeBench) -> None:
    bench = make_bench(motd="one")
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    root.heard()
    root.send("REHASH", "REHASH", "MOTD")
    assert codes(root.heard())[-3:] == ["375", "372", "376"]


def test_removing_an_operator_name_demotes_its_users(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    file.write(operators={"boss": HASH, "chief": HASH})
    root.ask("REHASH", "OPER chief :open sesame")
    (alice, bob) = people(bench, "alice", "bob")
    alice.ask("OPER boss :open sesame")
    bob.ask("OPER chief :open sesame")
    file.write(operators={"chief": HASH})
    root.ask("REHASH")
    assert alice.heard() == [":alice!~alice@127.0.0.1 MODE alice -o"]
    assert codes(alice.ask("REHASH")) == ["481"]
    assert bob.heard() == []
    file.write()
    root.ask("REHASH")
    assert codes(bob.heard()) == ["MODE"]
    assert codes(root.ask("REHASH"))[0] == "382", "the account is an administrator's"
