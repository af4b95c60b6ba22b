"""Records events directly, to populate a database for tests."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log, get_last_id
from app.db.models import NodeRow
from app.events import Event, Kind, PasswordHashes
from app.events.data import (
    ConnectedData,
    CreatedData,
    JoinedData,
    MessageData,
    MetadataChangeData,
    PrivateMetadataData,
)
from app.services.accounts.accounts import get_account, registration_event
from app.services.administration.admin_changes import AdminChange, Administrator, apply_admin_change
from app.services.record import record
from app.wire.names import fold

SECRET = PasswordHashes("$argon2id$not-a-real-one", "4096$c2FsdA==$a2V5$a2V5")  # avoids slow hashing
ME = "admin:me"
SERVER = "server.internal"


def record_now(database: Database, clock: Clock, events: Sequence[Event]) -> None:
    """Record events in a separate transaction, as another server would."""
    log = Log(clock)
    with database.locked() as connection:
        log.seek_to_end(connection)
        record(connection, log, events)


class Story:
    """Records events as a server would."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    def record(self, *events: Event) -> None:
        """Record the events unchanged."""
        record_now(self.database, self.clock, events)

    def apply(self, decide: Callable[[Administrator], AdminChange], by: str = SERVER) -> AdminChange:
        """Apply an administrator's change and return it."""
        return apply_admin_change(self.database, self.clock, ME, by, decide)

    def create_room(self, name: str, **data: Any) -> int:
        """Create a room and return its id."""
        room = self.clock.new_id()
        values = {"official": True, "founder": None, "modes": "nt", **data}
        self.record(Event(Kind.CREATED, room=room, nick="server", target=name, data=CreatedData(**values)))
        return room

    def add_nodes(self, *names: str) -> None:
        """Add servers that share the database, with a fresh lease; the first has a user more."""
        now = self.clock.now()
        with Session(self.database.engine) as session, session.begin():
            shared = {
                "epoch": 1,
                "started": now,
                "leased_until": now + 10_400,
                "version": "1.0",
                "settings": {},
                "position": get_last_id(session.connection()),
                "draining": False,
            }
            for users, name in enumerate(reversed(names), 2):
                session.add(NodeRow(name=name, users=users, **shared))

    def create_account(self, name: str, role: str = "user") -> None:
        """Register an account."""
        self.record(registration_event(self.clock, name, SECRET, role))

    def connect(
        self, nick: str, account: str | None = None, address: str = "192.0.2.1", session: int | None = None
    ) -> int:
        """Connect a session, with the given id if any, and return its id."""
        session = self.clock.new_id() if session is None else session
        data = ConnectedData(address, nick, "main")
        self.record(
            Event(
                Kind.CONNECTED,
                session=session,
                nick=nick,
                user="u",
                host="h",
                account=account,
                data=data,
            )
        )
        return session

    def set_account_metadata(self, name: str, **words: str | None) -> None:
        """Set metadata on an account."""
        with self.database.reading() as session:
            party = f"a{get_account(session, fold(name)).id}"
        for key, value in words.items():
            data = MetadataChangeData(key, name, party)
            self.record(Event(Kind.METADATA, nick="server", account=name, target=name, text=value, data=data))

    def set_private_metadata(self, name: str, target: str, key: str, value: str) -> None:
        """Set metadata that an account keeps about a target."""
        with self.database.reading() as session:
            party = f"a{get_account(session, fold(name)).id}"
        data = PrivateMetadataData(party, key)
        self.record(
            Event(Kind.PRIVATE_METADATA, nick="server", account=name, target=target, text=value, data=data)
        )

    def set_room_metadata(self, room: int, **words: str | None) -> None:
        """Set metadata on a room."""
        for key, value in words.items():
            data = MetadataChangeData(key, "anna")
            self.record(Event(Kind.METADATA, room=room, nick="server", text=value, data=data))

    def join(self, session: int, nick: str, room: int) -> None:
        """Join a session to a room."""
        self.record(Event(Kind.JOINED, room=room, session=session, nick=nick, data=JoinedData(nick)))

    def say(self, room: int, nick: str, *texts: str, account: str | None = None, **more: Any) -> None:
        """Send messages to a room in one batch."""
        self.record(
            *(
                Event(
                    Kind.PRIVMSG, room=room, nick=nick, user="u", host="h", account=account, text=text, **more
                )
                for text in texts
            )
        )

    def send_private(self, nick: str, target: str, text: str) -> None:
        """Send a private message."""
        data = MessageData(parties=[f"a-{nick}", f"a-{target}"])
        pair = "-".join(sorted((nick, target)))
        self.record(Event(Kind.PRIVMSG, conversation=pair, nick=nick, target=target, text=text, data=data))
