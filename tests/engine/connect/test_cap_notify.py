"""Capabilities that change with the settings: CAP NEW and CAP DEL (IRCv3 cap-notify, sts)."""

from functools import partial

import pytest

from app.settings import LoadedSettings
from app.wire.line import parse
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.rehashing import File

REGISTER = "draft/account-registration"


@pytest.fixture
def root(bench: EngineHarness) -> HarnessClient:
    """An administrator whose client sends no CAP version."""
    account(bench, "root", role="admin")
    return enter(bench, "root", "root")


def reread(bench: EngineHarness, file: File, **settings: object) -> None:
    """Reload other settings and discard the administrator's replies."""
    file.write(**settings)
    bench.people["root"].send("REHASH")


def test_added_and_removed_capabilities_are_announced(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    bench.connect("alice")
    bench.dial("old").ask("CAP REQ cap-notify", "NICK old", "USER old 0 * :Old", "CAP END")
    bench.dial("early").ask("CAP LS 302")
    plain = bench.dial("plain")
    plain.ask("NICK plain", "USER plain 0 * :Plain")
    reread(bench, file, registration="closed")
    bench.play(
        f"""
        alice < :irc.example CAP alice DEL :{REGISTER}
        alice =
        old < :irc.example CAP old DEL :{REGISTER}
        early < :irc.example CAP * DEL :{REGISTER}
        plain =
        """
    )
    reread(bench, file)
    bench.play(
        f"""
        alice < :irc.example CAP alice NEW :{REGISTER}=before-connect
        alice =
        old =
        early < :irc.example CAP * NEW :{REGISTER}=before-connect
        plain =
        """
    )
    assert codes(root.heard()).count("CAP") == 0


def test_removed_capabilities_are_disabled_for_everyone(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    alice = bench.connect("alice", REGISTER, "batch")
    reread(bench, file, registration="closed")
    bench.play(
        f"""
        alice .
        alice > CAP LIST
        alice < :irc.example CAP alice LIST :batch
        alice > CAP REQ {REGISTER}
        alice < :irc.example CAP alice NAK :{REGISTER}
        """
    )
    assert REGISTER not in alice.client.caps


def test_a_changed_value_is_announced_with_new(bench: EngineHarness, root: HarnessClient, file: File) -> None:
    alice = bench.connect("alice", REGISTER)
    bench.dial("old").ask("CAP REQ cap-notify")
    reread(bench, file, registration="invitation")
    (line,) = map(parse, alice.heard())
    assert (line.params[:2], line.params[2].split("=")[0]) == (["alice", "NEW"], REGISTER)
    assert "invitation-required" in line.params[2]
    assert REGISTER in alice.client.caps
    bench.play("old =")


def test_unchanged_capabilities_are_not_announced(
    bench: EngineHarness, root: HarnessClient, file: File
) -> None:
    bench.connect("alice")
    reread(bench, file, motd="hi")
    bench.play("alice =")


def test_the_sts_policy_is_announced_but_never_deleted(bench: EngineHarness, root: HarnessClient) -> None:
    """sts, "CAP NEW" and "duration": there is no CAP DEL for it."""
    bench.connect("secure").client.secure = True
    bench.connect("plain")
    told = {
        60: ("duration=60", "port=6697"),
        120: ("duration=120", None),
        0: ("duration=0", None),
    }
    for seconds, (secure, plain) in told.items():
        settings = bench.core.runtime.settings.model_copy(update={"sts_seconds": seconds})
        bench.core.runtime.load_settings = partial(LoadedSettings, settings, None, [])
        root.send("REHASH")
        bench.play(f"secure < :irc.example CAP secure NEW :sts={secure}")
        bench.play(f"plain < :irc.example CAP plain NEW :sts={plain}" if plain else "plain =")
