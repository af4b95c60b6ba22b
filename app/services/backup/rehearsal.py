"""What a rehearsal prepares in its copy of a backup, and what the server must then show."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.fulltext import TRIGRAM
from app.db.migration import schema
from app.db.models import SPOKEN, EventRow, RoomRow
from app.events import msgid
from app.services.accounts.administration import create_account
from app.services.accounts.passwords import hash_password
from app.services.administration.admin_changes import apply_admin_change
from app.wire.modes import HIDDEN_HISTORY

MESSAGES_LOOKED_AT = 50  # of each room, for the newest one with a text


@dataclass(frozen=True, slots=True)
class ExpectedRoom:
    """A room and its newest message with a text, if everyone in the room may read it."""

    name: str
    message: str | None  # its id, as clients see it
    word: str | None  # a word of it that can be searched for


@dataclass(frozen=True, slots=True)
class PreparedCopy:
    """A temporary account in a copy of a backup, and the rooms that it contains."""

    account: str
    password: str
    rooms: list[ExpectedRoom]


def prepare_copy(path: Path) -> PreparedCopy:
    """Upgrade a copy if necessary, and add an administrator with a random password to it."""
    name, password = f"rehearsal{secrets.token_hex(4)}", secrets.token_urlsafe()
    hashes = hash_password(password)
    with closing(Database(parse_database_url(str(path)))) as database:
        schema.prepare_database(database)
        by = "server.internal"
        apply_admin_change(
            database, Clock(), by, by, lambda admin: create_account(admin, name, hashes, "admin")
        )
        with database.reading() as session:
            return PreparedCopy(name, password, list(_find_rooms(session)))


def _find_rooms(session: Session) -> Iterator[ExpectedRoom]:
    for room in session.scalars(select(RoomRow).order_by(RoomRow.key)).all():
        found = None if HIDDEN_HISTORY in room.modes else _find_newest(session, room.id)
        yield ExpectedRoom(room.name, *(found or (None, None)))


def _find_newest(session: Session, room: int) -> tuple[str, str | None] | None:
    query = select(EventRow.id, EventRow.text).where(SPOKEN, EventRow.room_id == room)
    newest = query.order_by(EventRow.at.desc()).limit(MESSAGES_LOOKED_AT)
    for number, text in session.execute(newest):
        if text:
            words = (word for word in text.split() if word.isalnum() and len(word) >= TRIGRAM)
            return msgid(number), next(words, None)
    return None
