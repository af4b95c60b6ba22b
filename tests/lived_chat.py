"""A chat in which everything has happened that leaves a row in a table derived from the log."""

from dataclasses import replace

from app.events import Event, Kind
from app.events.data import AppliedData, BannedData, CertificateData, InvitationData, RetentionData
from app.events.secrets import Applicant
from app.services.accounts.accounts import registration_event
from app.wire.names import fold
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.story import SECRET, record_now

TEXT = "Darjeeling first flush"


def live(bench: EngineHarness) -> None:
    """Let anna and bob use every kind of command that is stored."""
    account(bench, "anna")
    record_now(bench.database, bench.clock, [registration_event(bench.clock, "root", SECRET, "admin")])
    anna = enter(bench, "anna", "anna", "draft/metadata-3", "draft/message-redaction", "draft/read-marker")
    bob = bench.connect("bob")
    anna.send("JOIN #tea,#kitchen", "TOPIC #tea :Assam", "MODE #tea +klm sesame 9", "MODE #tea +b evil!*@*")
    bob.send("JOIN #tea sesame", "PRIVMSG #tea :denied", "PRIVMSG anna :psst", "JOIN #kitchen")
    anna.send("MODE #tea +v bob", f"PRIVMSG #tea :{TEXT}", "PRIVMSG #tea :a mistake", "AWAY :lunch")
    anna.send(
        "METADATA * SET avatar :a b", "METADATA #tea SET color red", "METADATA #tea SET soju.im/pinned 1"
    )
    anna.send("MARKREAD #tea timestamp=2026-11-22T12:00:05.123Z", "REDACT #kitchen nothing")
    bob.send("PART #kitchen")
    record_now(bench.database, bench.clock, list(_make_events(bench)))
    bob.send("METADATA * SET color blue", "MODE bob +B")
    anna.send("MODE anna -o", "INVITE bob #kitchen")
    carol = bench.connect("carol")
    carol.send("JOIN #kitchen", "QUIT")


def _make_events(bench: EngineHarness) -> list[Event]:
    """Return events that administrators, mail and certificates cause."""
    accounts = bench.core.runtime.world.accounts
    anna = next(found.id for key, found in accounts.items() if key == "anna")
    room = bench.core.runtime.world.room_keys[fold("#tea")].id
    applicant = Applicant(replace(SECRET, email="dora@example.org"), "d" * 64)
    return [
        Event(Kind.CERTIFICATE_ADDED, nick="anna", data=CertificateData(anna, "f" * 64)),
        Event(Kind.INVITATION_MADE, nick="root", target="abcdef", data=InvitationData(5, "e" * 64, 3, None)),
        Event(Kind.BANNED, nick="root", target="spam*", text="enough", data=BannedData(6, "nick", None)),
        Event(Kind.RETENTION, room=room, nick="root", target="#tea", data=RetentionData(days=90)),
        Event(Kind.APPLIED, nick="dora", account="dora", data=AppliedData(7, 1 << 50), secret=applicant),
    ]
