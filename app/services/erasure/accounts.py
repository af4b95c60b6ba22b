"""The deletion of an account: the event, by an administrator or the user."""

from sqlalchemy import Connection, and_, exists, select

from app.clock import Clock
from app.db.models import HAPPENED, EventRow, RoomRow
from app.events import Event, Kind
from app.events.data import AccountDeletedData
from app.services.accounts.accounts import get_account
from app.services.accounts.name_reservations import Reservation, make_reservation, reservation_key
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.erasure.subject import Messages
from app.wire.names import PSEUDONYM_PREFIX, fold

PSEUDONYM_DIGITS = 8  # hexadecimal


def new_pseudonym(clock: Clock) -> str:
    """Return a name to show in place of a deleted account; it says nothing about the account."""
    return PSEUDONYM_PREFIX + clock.new_token()[:PSEUDONYM_DIGITS]


def reservation_days(messages: Messages, days: int) -> int | None:
    """Return the days to reserve the name of a deleted account; None means for good.

    While messages remain under the name, nobody else may use it.
    """
    return None if messages is Messages.KEEP and days else days


def deletion_event(
    account: int, messages: Messages, actor: str, pseudonym: str, reserved: Reservation | None
) -> Event:
    """Return the event that deletes an account, which does not contain its name."""
    digest, until = (None, None) if reserved is None else (reserved.digest, reserved.until)
    data = AccountDeletedData(account, messages.value, actor, digest, until)
    return Event(Kind.ACCOUNT_DELETED, nick=pseudonym, data=data)


def delete_account(
    admin: Administrator, name: str, messages: Messages, days: int, pseudonym: str
) -> AdminChange:
    """Delete an account at once, and begin to erase what it left.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    kept_days = reservation_days(messages, days)
    connection = admin.session.connection()
    key = reservation_key(connection, admin.clock)
    reserved = make_reservation(key, admin.clock, account.name, kept_days)
    events = [deletion_event(account.id, messages, admin.actor, pseudonym, reserved)]
    if messages is Messages.ERASE:
        events = [*topic_events(connection, account.name, admin.by), *events]
    return admin.make_change(events, "user.delete", pseudonym, messages=messages.value)


def topic_events(connection: Connection, name: str, by: str) -> list[Event]:
    """Return an event for each room whose topic the account has set, which removes the topic."""
    is_topic = and_(EventRow.room_id == RoomRow.id, EventRow.at == RoomRow.topic_at, HAPPENED)
    is_own = and_(is_topic, EventRow.kind == Kind.TOPIC, EventRow.account == name)
    rooms = connection.execute(
        select(RoomRow.id, RoomRow.name).where(RoomRow.topic != "", exists().where(is_own))
    )
    return [Event(Kind.TOPIC, room=row.id, nick=by, target=row.name, text="") for row in rooms]
