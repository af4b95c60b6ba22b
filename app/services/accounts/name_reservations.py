"""Reserved names: those of deleted and renamed accounts, which nobody may use for some time.

Otherwise the next user of the name would be taken for the previous one. The database keeps no
reserved name, only its digest under a key of the server, so that the names cannot be guessed from a
copy of the table alone.
"""

import hmac
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from app.clock import Clock, is_future, to_datetime
from app.db.models import NameReservationRow
from app.errors import AlreadyExists
from app.services.secrets import find_secret, get_or_create_secret
from app.wire.names import fold

KEY_NAME = "reserved-names"  # of the secret
DAY_MILLISECONDS = 24 * 3600 * 1000

_table = NameReservationRow.__table__.c


@dataclass(frozen=True, slots=True)
class Reservation:
    """The digest of a reserved name, and the instant until which it is reserved, or None."""

    digest: str
    until: int | None


@dataclass(slots=True)
class NameReservations:
    """The reserved names in memory."""

    key: bytes
    by_digest: dict[str, int | None] = field(default_factory=dict)

    def find(self, name: str, now: int) -> Reservation | None:
        """Return the reservation of a name, or None."""
        if not self.by_digest:
            return None
        digest = digest_name(self.key, name)
        until = self.by_digest.get(digest, 0)
        return Reservation(digest, until) if is_future(until, now) else None


def digest_name(key: bytes, name: str) -> str:
    """Return the keyed digest of a name, equal for all its spellings."""
    return hmac.digest(key, fold(name).encode(), "sha256").hex()


def make_reservation(key: bytes, clock: Clock, name: str, days: int | None) -> Reservation | None:
    """Return the reservation of a name for a number of days; None means for good, 0 not at all.

    The event that carries the reservation stores it.
    """
    if days == 0:
        return None
    until = None if days is None else clock.now() + days * DAY_MILLISECONDS
    return Reservation(digest_name(key, name), until)


def reservation_key(connection: Connection, clock: Clock) -> bytes:
    """Return the key of the digests, and create it on first use.

    The caller must hold the log's lock.
    """
    return get_or_create_secret(connection, clock, KEY_NAME)


def load_reservations(connection: Connection) -> NameReservations:
    """Return the reserved names; the key must have been created."""
    key = find_secret(connection, KEY_NAME) or b""
    return NameReservations(key, dict(connection.execute(select(_table.digest, _table.until)).all()))


def store_reservation(connection: Connection, digest: str, until: int | None, now: int) -> None:
    """Store a reservation, in place of an earlier one of the same name; delete expired ones."""
    connection.execute(delete(NameReservationRow).where(_table.until <= now))
    connection.execute(delete(NameReservationRow).where(_table.digest == digest))
    connection.execute(insert(NameReservationRow).values(digest=digest, until=until))


def require_unreserved_name(connection: Connection, clock: Clock, name: str) -> None:
    """Check that a name is not reserved.

    Raises: AlreadyExists.
    """
    found = _find_stored(connection, name, clock.now())
    if found is not None:
        raise AlreadyExists(f"{describe_reservation(name, found)}. Choose another name.")


def _find_stored(connection: Connection, name: str, now: int) -> Reservation | None:
    """Return the stored reservation of a name, or None."""
    key = find_secret(connection, KEY_NAME)
    if key is None:  # it is made with the first reservation
        return None
    digest = digest_name(key, name)
    row = connection.execute(select(_table.until).where(_table.digest == digest)).one_or_none()
    return Reservation(digest, row.until) if row is not None and is_future(row.until, now) else None


def describe_reservation(name: str, reservation: Reservation) -> str:
    """Return the reason for refusing a reserved name, without a full stop."""
    end = reservation.until
    period = "for good" if end is None else f"until {to_datetime(end):%Y-%m-%d}"
    return f"{name} belonged to another account and is reserved {period}"
