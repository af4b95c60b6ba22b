"""What administrators do reaches all nodes, and happens once."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.commands.operators import reloading
from app.db.models import EventRow
from app.db.transient import decode_transient, encode_transient
from app.events import Kind
from app.services.administration.moderation import kill_user
from app.services.users.sessions import list_sessions
from tests.engine.account_clients import account, enter
from tests.engine.cluster import Cluster
from tests.engine.deeds import administer
from tests.engine.harness import EngineHarness
from tests.engine.rehashing import File
from tests.engine.scenes import gather, people
from tests.story import Story


def count(cluster: Cluster, kind: Kind) -> int:
    with cluster.nodes["a"].database.reading() as session:
        return len(session.scalars(select(EventRow.id).where(EventRow.kind == kind)).all())


@pytest.mark.parametrize("deed", ["ban", "disable"])
def test_users_are_disconnected_from_all_nodes_once(cluster: Cluster, deed: str) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    first = enter(a, "anna", "anna")
    cluster.settle()
    second = enter(b, "anna", "anna")
    (bob,) = gather(b, "#tea", "bob")
    cluster.settle()
    first.send("JOIN #tea")
    cluster.settle()
    for person in (first, second, bob):
        person.heard()
    administer(a, "anna", deed)
    cluster.settle()
    reason = "Banned: enough" if deed == "ban" else "The account was disabled"
    assert bob.heard() == [f":anna!~anna@127.0.0.1 QUIT :{reason}"]
    assert first.heard()[-1] == second.heard()[-1] == f"ERROR :Closing link: {reason}"
    assert count(cluster, Kind.QUIT) == 1


def test_a_detached_user_is_killed_once(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    anna = enter(b, "anna", "anna")
    anna.send("NS SET ALWAYS-ON on", "JOIN #tea", "QUIT")
    cluster.settle()
    Story(b.database, b.clock).apply(lambda admin: kill_user(admin, "anna", "enough"))
    cluster.settle()
    assert a.world.find_user("anna") is b.world.find_user("anna") is None
    assert count(cluster, Kind.QUIT) == 1


def test_administrators_see_the_nodes(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "root", role="admin")
    cluster.settle()
    root = enter(a, "root", "root")
    bob = b.connect("bob")
    cluster.settle()
    assert ":irc.example 320 root bob :is connected to b" in root.ask("WHOIS bob")
    assert root.ask("LINKS") == [
        ":irc.example 364 root a irc.example :0 irc.example",
        ":irc.example 364 root b irc.example :1 irc.example",
        ":irc.example 365 root * :End of LINKS list",
    ]
    assert bob.ask("LINKS") == [":irc.example 365 bob * :End of LINKS list"]
    assert not [line for line in bob.ask("WHOIS root") if " 320 " in line]
    with a.database.reading() as session:
        assert [(found.nick, found.nodes) for found in list_sessions(session)] == [
            ("root", ["a"]),
            ("bob", ["b"]),
        ]


def test_rehash_on_one_node_reloads_the_settings_on_all(cluster: Cluster, tmp_path: Path) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    file = File(a, tmp_path / "serverSetup.json")
    b.core.runtime.load_settings = a.core.runtime.load_settings
    asked: list[str] = []
    a.core.runtime.request_reload = lambda: asked.append("a")
    b.core.runtime.request_reload = lambda: asked.append("b")
    account(a, "root", role="admin")
    cluster.settle()
    root, (bob,) = enter(a, "root", "root"), people(b, "bob")
    file.write(motd="Tea is ready", retention_days=30)
    root.send("REHASH")
    cluster.settle()
    assert asked == ["b"]
    assert len(bob.heard()) == 1, "the new retention is announced"
    follow(b)
    cluster.settle()
    assert [node.core.runtime.settings.motd for node in (a, b)] == ["Tea is ready"] * 2
    assert asked == ["b"], "a node that follows does not ask others to do so"
    assert (count(cluster, Kind.ANNOUNCED), bob.heard()) == (1, [])


def follow(node: EngineHarness) -> None:
    """Reload the settings, as a node does that is asked to."""
    found, committer = reloading.read_settings(node.core.runtime), node.core.engine._committer
    changeset = committer.open()
    assert changeset is not None
    reloading.apply_reload(node.core.runtime, changeset, found, None)
    committer.commit(changeset, [])


def test_typing_reaches_other_nodes_without_being_stored(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    (alice,) = gather(a, "#tea", "alice")
    bob = b.connect("bob", "message-tags")
    cluster.settle()
    bob.send("JOIN #tea")
    cluster.settle()
    bob.heard()
    before, committer = a.core.runtime.ledger.last_id, a.core.engine._committer
    changeset = committer.open()
    assert changeset is not None
    a.core.dispatcher.run(changeset, alice.client, a.request("@+typing=active TAGMSG #tea"))
    (typing,) = changeset.transient
    committer.commit(changeset, [])
    assert a.core.runtime.ledger.last_id == before
    sent = encode_transient("a", typing)
    assert sent is not None
    b.core.engine._committer.adopt([decode_transient(sent)[1]])
    assert bob.heard() == ["@+typing=active :alice!~alice@127.0.0.1 TAGMSG #tea"]
