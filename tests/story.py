"""Telling what happened in a chat, so that a test has something to look at."""

from collections.abc import Callable, Sequence
from typing import Any

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.events import Event, Kind
from app.services.accounts import PasswordHashes, get_account, registration_event
from app.services.admin_changes import AdminChange, Administrator, apply_admin_change
from app.services.record import record
from app.wire.names import fold

SECRET = PasswordHashes("$argon2id$not-a-real-one", "4096$c2FsdA==$a2V5$a2V5")  # hashing would take its time
ME = "admin:me"
SERVER = "server.internal"


def record_now(database: Database, clock: Clock, events: Sequence[Event]) -> None:
    """Record events in a transaction of their own, as another server would."""
    log = Log(clock)
    with database.locked() as connection:
        log.start_at_end(connection)
        record(connection, log, events)


class Story:
    """Records events as a server would."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    def happens(self, *events: Event) -> None:
        """Record events as they are."""
        record_now(self.database, self.clock, events)

    def decides(self, decide: Callable[[Administrator], AdminChange], by: str = SERVER) -> AdminChange:
        """Record what an administrator decides."""
        return apply_admin_change(self.database, self.clock, ME, by, decide)

    def room(self, name: str, **data: Any) -> int:
        """Make a room."""
        room = self.clock.identity()
        values = {"official": True, "founder": None, "modes": "nt", **data}
        self.happens(Event(Kind.CREATED, room=room, nick="server", target=name, data=values))
        return room

    def account(self, name: str, role: str = "user") -> None:
        """Make an account."""
        self.happens(registration_event(self.clock, name, SECRET, role))

    def connects(self, nick: str, account: str | None = None, address: str = "192.0.2.1") -> int:
        """Let somebody in."""
        session = self.clock.identity()
        data = {"address": address, "realname": nick, "node": "main"}
        self.happens(
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

    def account_says(self, name: str, **words: str | None) -> None:
        """Let an account say something of itself, for clients to show."""
        with self.database.reading() as session:
            party = f"a{get_account(session, fold(name)).id}"
        for key, value in words.items():
            data = {"key": key, "by": name, "party": party}
            self.happens(
                Event(Kind.METADATA, nick="server", account=name, target=name, text=value, data=data)
            )

    def room_says(self, room: int, **words: str | None) -> None:
        """Let something be said of a room, for clients to show."""
        for key, value in words.items():
            data = {"key": key, "by": "anna"}
            self.happens(Event(Kind.METADATA, room=room, nick="server", text=value, data=data))

    def joins(self, session: int, nick: str, room: int) -> None:
        """Let somebody into a room."""
        self.happens(Event(Kind.JOINED, room=room, session=session, nick=nick, data={"realname": nick}))

    def says(self, room: int, nick: str, *texts: str, account: str | None = None, **more: Any) -> None:
        """Let somebody say things in a room, in one batch."""
        self.happens(
            *(
                Event(
                    Kind.PRIVMSG, room=room, nick=nick, user="u", host="h", account=account, text=text, **more
                )
                for text in texts
            )
        )

    def whispers(self, nick: str, target: str, text: str) -> None:
        """Let somebody write to somebody else alone."""
        data = {"parties": [f"a-{nick}", f"a-{target}"]}
        pair = "-".join(sorted((nick, target)))
        self.happens(Event(Kind.PRIVMSG, conversation=pair, nick=nick, target=target, text=text, data=data))
