"""KLINE, UNKLINE, DLINE and UNDLINE."""

import pytest
from sqlalchemy import select

from app.db.models import EventRow
from app.errors import UsageError
from app.services.administration import bans
from app.services.administration.bans import BanType
from tests.conftest import MovedClock
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, people
from tests.story import Story

DAY = 86_400_000


@pytest.fixture
def root(bench: EngineHarness) -> HarnessClient:
    """A logged-in administrator."""
    account(bench, "root", role="admin")
    return enter(bench, "root", "root")


def stored(bench: EngineHarness) -> list[tuple[str, str, str, str]]:
    """Return the active bans as `chat-admin ban list` shows them."""
    with bench.database.reading() as session:
        return [(b.type, b.mask, b.reason, b.by) for b in bans.list_bans(session, bench.clock.now())]


def test_a_kline_disconnects_and_keeps_out_matching_users(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        root > KLINE bob!*@* :enough of this
        root < :irc.example NOTICE root :Banned the nick bob!*@* permanently; online users affected: 1.
        root =
        bob < ERROR :Closing link: Banned: enough of this
        alice < :bob!~bob@127.0.0.1 QUIT :Banned: enough of this
        alice > NICK bob
        alice ~ :irc.example 432 alice bob :*enough of this
        """
    )
    again = bench.dial("again")
    assert codes(again.ask("NICK Bob", "USER bob 0 * :Bob")) == ["465", "ERROR"]
    assert stored(bench) == [("nick", "bob!*@*", "enough of this", "root")]
    with bench.database.reading() as session:
        kinds = list(session.scalars(select(EventRow.kind).order_by(EventRow.id.desc()).limit(2)))
    assert kinds == ["quit", "banned"]
    bench.play(
        """
        root > UNKLINE BOB!*@*
        root < :irc.example NOTICE root :Lifted the ban on bob!*@*.
        alice > NICK bob
        alice ~ * NICK :bob
        """
    )
    assert stored(bench) == []


def test_klines_need_an_administrator(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    lines = [
        "KLINE",
        "KLINE x!*@* :y",
        "UNKLINE x",
        "DLINE 192.0.2.7",
        "UNDLINE 192.0.2.7",
        "STATS k",
        "STATS d",
    ]
    assert codes(alice.ask(*lines)) == ["481"] * len(lines)
    assert stored(bench) == []


def test_a_temporary_ban_expires(bench: EngineHarness, root: HarnessClient, clock: MovedClock) -> None:
    assert root.ask("KLINE 7d bob!*@* :enough")[0].endswith(
        "until 2026-11-25 11:06 UTC; online users affected: 0."
    )
    bench.restart()
    assert codes(bench.dial("first").ask("NICK bob", "USER bob 0 * :Bob")) == ["465", "ERROR"]
    clock.instant += 7 * DAY
    bench.connect("bob")
    root = enter(bench, "root", "root")
    assert codes(root.ask("KLINE bob!*@* :again")) == ["NOTICE"], "one that expired makes way"
    assert stored(bench) == [("nick", "bob!*@*", "again", "root")]


def test_ban_lists_show_expiry_author_and_reason(bench: EngineHarness, root: HarnessClient) -> None:
    account(bench, "mallory")
    root.ask("KLINE 1h spam* :advertising", "KLINE mallory", "DLINE 2001:db8::/32 :a nest")
    bench.play(
        """
        root > KLINE
        root < :irc.example 216 root K spam*!*@* 2026-11-18T12:06:40.000Z root :advertising
        root < :irc.example 216 root K mallory * root :Banned
        root < :irc.example 219 root k :End of STATS report
        root > STATS K
        root ~ :irc.example 216 *
        root ~ :irc.example 216 *
        root < :irc.example 219 root K :End of STATS report
        root > DLINE
        root < :irc.example 225 root D 2001:db8::/32 * root :a nest
        root < :irc.example 219 root d :End of STATS report
        root > STATS d
        root ~ :irc.example 225 *
        root ~ :irc.example 219 *
        root =
        """
    )


def test_an_account_ban_disconnects_all_its_devices(bench: EngineHarness, root: HarnessClient) -> None:
    account(bench, "mallory")
    phone, laptop = enter(bench, "mallory", "mallory"), enter(bench, "mallory", "mallory")
    root.ask("KLINE MALLORY :out")
    assert codes(phone.heard()) == codes(laptop.heard()) == ["ERROR"]
    assert phone.ear.is_finished
    assert laptop.ear.is_finished


def test_an_address_ban_disconnects_only_matching_devices(bench: EngineHarness, root: HarnessClient) -> None:
    account(bench, "anna")
    home = enter(bench, "anna", "anna")
    away = bench.dial("away", "192.0.2.7")
    away.send("CAP REQ sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE YW5uYQBhbm5hAHNlc2FtZSBzdHJlZXQ=")
    away.send("NICK anna", "USER anna 0 * :Anna", "CAP END")
    away.heard()
    assert root.ask("DLINE 192.0.2.0/24 :a nest")[0].endswith("online users affected: 1.")
    assert codes(away.heard()) == ["ERROR"]
    away.hang_up()
    assert home.ask("PING x") == [":irc.example PONG irc.example :x"]


def test_address_bans_match_the_real_address(bench: EngineHarness, root: HarnessClient) -> None:
    bob = bench.connect("bob", address="192.0.2.7")
    knocking = bench.dial("knocking", "192.0.2.8")
    root.ask("DLINE 192.0.2.0/24 :a nest")
    assert codes(bob.heard()) == ["ERROR"]
    assert codes(knocking.heard()) == ["ERROR"], "also who is only logging in"
    root.ask("UNDLINE 192.0.2.9/24")
    bench.connect("bob", address="192.0.2.7")


def test_addresses_are_accepted_in_every_notation(bench: EngineHarness, root: HarnessClient) -> None:
    """Including one that begins with a colon, which a middle parameter cannot."""
    root.send("KLINE *@2001:DB8:0::7", "DLINE 2001:DB8:1::0007", "DLINE 0::2")
    root.heard()
    for address in ("2001:db8::7", "2001:db8:1::7", "::2"):
        assert "465" in codes(bench.dial("bob", address).ask("NICK bob", "USER bob 0 * :Bob")), address
    listed = [line.split()[4] for line in root.ask("KLINE", "DLINE") if " 219 " not in line]
    assert listed == ["*!*@2001:db8::7", "2001:db8:1::7", "0::2"]
    root.send("UNKLINE *@2001:db8::0:7", "UNDLINE 0::2", "UNDLINE 2001:db8:1::7")
    assert stored(bench) == []


def test_masks_never_match_administrators(bench: EngineHarness, root: HarnessClient) -> None:
    account(bench, "boss", role="admin")
    boss = bench.dial("boss", "192.0.2.7")
    login = ("CAP REQ sasl", "AUTHENTICATE PLAIN", "AUTHENTICATE Ym9zcwBib3NzAHNlc2FtZSBzdHJlZXQ=")
    boss.send(*login, "NICK boss", "USER boss 0 * :Boss", "CAP END")
    boss.heard()
    root.ask("DLINE 192.0.2.7 :a nest")
    assert boss.heard() == []
    again = bench.dial("again", "192.0.2.7")
    assert "001" in codes(again.ask(*login, "NICK boss", "USER boss 0 * :Boss", "CAP END"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("KLINE *", "would ban everybody"),
        ("KLINE *!*@*", "would ban everybody"),
        ("KLINE ?*!~*@*.*", "would ban everybody"),
        ("KLINE 1d *@*.ip :all who are cloaked", "would ban everybody"),
        ("KLINE *!*@*.i? :all who are cloaked", "would ban everybody"),
        ("KLINE *!~*@*p", "would ban everybody"),
        ("KLINE *@192.0.2.0/24", "would match nobody; to ban the network, use 192.0.2.0/24."),
        ("KLINE root!*@*", "would ban you too"),
        ("KLINE *@127.0.0.1", "would ban you too"),
        ("KLINE root", "root is an administrator"),
        ("KLINE boss", "boss is an administrator"),
        ("KLINE nobody", "There is no account nobody; to ban a guest's nick, use nobody!*@*."),
        ("KLINE :a b!*@*", "without spaces or a leading colon"),
        ("KLINE ::a!*@*", "without spaces or a leading colon"),
        ("KLINE ::a", "without spaces or a leading colon"),
        ("KLINE 7d : :nobody", "without spaces or a leading colon"),
        ("KLINE 192.0.2.7", "use DLINE"),
        ("KLINE 99999999d bob!*@*", "out of range; a duration is between one second and ten years"),
        ("DLINE 127.0.0.1", "would ban you too"),
        ("DLINE 0.0.0.0/0", "0.0.0.0/0 is too large; ban a network of /8 or smaller."),
        ("DLINE 2000::/3", "2000::/3 is too large; ban a network of /16 or smaller."),
        ("DLINE 0::ffff:0.0.0.0/96", "too large"),
        ("DLINE bob", "bob is not an IP address or network; use the form 192.0.2.7 or 192.0.2.0/24."),
        ("UNKLINE bob!*@*", "bob!*@* is not banned; KLINE lists the bans."),
        ("UNDLINE 192.0.2.7", "192.0.2.7 is not banned; DLINE lists the bans."),
        ("UNDLINE bob", "bob is not banned; DLINE lists the bans."),
        ("UNKLINE 192.0.2.99", "192.0.2.99 is not banned; KLINE lists the bans."),
    ],
)
def test_invalid_bans_are_refused(bench: EngineHarness, root: HarnessClient, line: str, why: str) -> None:
    account(bench, "boss", role="admin")
    (heard,) = root.ask(line)
    assert heard.startswith(f":irc.example 400 root {line.partition(' ')[0]} :")
    assert why in heard
    assert stored(bench) == []


def test_the_number_of_active_bans_is_limited(
    bench: EngineHarness, root: HarnessClient, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bans, "MAX_BANS", 2)
    story = Story(bench.database, clock)
    assert codes(root.ask("DLINE 1d 192.0.2.7", "KLINE spam*", "KLINE more*")) == ["NOTICE", "NOTICE", "400"]
    with pytest.raises(UsageError, match="There are already 2 bans"):
        story.apply(lambda admin: bans.add_ban(admin, BanType.NICK, "more*", "why", None))
    clock.instant += DAY
    root = enter(bench, "root2", "root")
    assert codes(root.ask("KLINE more*", "KLINE most*")) == ["NOTICE", "400"], "an expired ban does not count"


def test_a_duplicate_ban_is_refused(bench: EngineHarness, root: HarnessClient) -> None:
    root.send("KLINE spam*", "KLINE SPAM*!*@*", "UNKLINE Spam*")
    assert codes(root.heard()) == ["NOTICE", "400", "NOTICE"]
    root.send("DLINE 192.0.2.7", "DLINE 192.0.2.7/32")
    assert [line.split()[1] for line in root.heard()] == ["NOTICE", "400"]


def test_bans_of_chat_admin_and_irc_are_interchangeable(
    bench: EngineHarness, root: HarnessClient, clock: MovedClock
) -> None:
    story = Story(bench.database, clock)
    story.apply(lambda admin: bans.add_ban(admin, BanType.NICK, "spam*", "why", None))
    assert " 216 root K spam*!*@* * admin:me :why" in "".join(root.ask("PING x", "KLINE"))
    assert codes(root.ask("UNKLINE spam*")) == ["NOTICE"]
    assert stored(bench) == []
    root.send("DLINE 192.0.2.7")
    story.apply(lambda admin: bans.remove_ban(admin, "192.0.2.7"))
    bench.connect("bob", address="192.0.2.7")


def test_bans_in_one_changeset_see_each_other(bench: EngineHarness, root: HarnessClient) -> None:
    """A ban of the preceding line is not in the tables yet, but it applies."""
    root.heard()
    root.send("KLINE spam*!*@*", "KLINE spam*!*@*", "UNKLINE spam*!*@*", "UNKLINE spam*!*@*")
    assert codes(root.heard()) == ["NOTICE", "400", "NOTICE", "400"]
    assert stored(bench) == []


def test_a_labelled_kline_gets_one_response(bench: EngineHarness) -> None:
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root", "labeled-response", "batch")
    (heard,) = root.ask("@label=b KLINE spam*!*@*")
    assert heard.startswith("@label=b :irc.example NOTICE root :Banned the nick spam*!*@*")
