"""Recording: events enter the log, and the tables are brought up to what the events say.

This is the one way in, for the server's engine and for `chat-admin` alike. The caller holds the log's lock.
Each kind of event that changes a table has one small function here; kinds without one only have their row.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.db.models import (
    Account,
    Audit,
    Ban,
    Correspondent,
    ReadMarker,
    Room,
    RoomMask,
    RoomRole,
    Session,
)
from app.db.models import Event as Row
from app.events import Event, Kind, msgid
from app.wire.modes import FLAGS, LISTS, ROLES
from app.wire.names import fold

Projection = Callable[[Connection, Event], None]
_projections: dict[Kind, Projection] = {}


def record(connection: Connection, log: Log, events: Sequence[Event]) -> None:
    """Append the events and bring the tables up to date, all in the caller's transaction."""
    log.append(connection, events)
    for event in events:
        projection = _projections.get(event.kind)
        if projection is not None:
            projection(connection, event)


def record_now(database: Database, clock: Clock, events: Sequence[Event]) -> None:
    """Record events in a transaction of their own; for programs that are not the server's engine."""
    log = Log(clock)
    with database.locked() as connection:
        log.start_at_end(connection)
        record(connection, log, events)


def projects(kind: Kind) -> Callable[[Projection], Projection]:
    """Declare what brings the tables up to date after an event of this kind."""

    def declare(projection: Projection) -> Projection:
        _projections[kind] = projection
        return projection

    return declare


@projects(Kind.CONNECTED)
def _connected(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(Session).values(
            id=event.session,
            nick=event.nick,
            user=event.user,
            host=event.host,
            address=event.data["address"],
            realname=event.data["realname"],
            account=event.account,
            node=event.data["node"],
            connected=event.at,
        )
    )
    _seen(connection, event)


@projects(Kind.QUIT)
def _quit(connection: Connection, event: Event) -> None:
    connection.execute(
        update(Session)
        .where(Session.id == event.session, Session.disconnected.is_(None))
        .values(disconnected=event.at)
    )
    connection.execute(delete(ReadMarker).where(ReadMarker.party == f"s{event.session}"))
    _seen(connection, event)


@projects(Kind.NICK)
def _nick(connection: Connection, event: Event) -> None:
    connection.execute(update(Session).where(Session.id == event.session).values(nick=event.target))


@projects(Kind.REALNAME)
def _realname(connection: Connection, event: Event) -> None:
    connection.execute(update(Session).where(Session.id == event.session).values(realname=event.text))


@projects(Kind.LOGGED_IN)
def _logged_in(connection: Connection, event: Event) -> None:
    connection.execute(update(Session).where(Session.id == event.session).values(account=event.account))
    _seen(connection, event)


@projects(Kind.LOGGED_OUT)
def _logged_out(connection: Connection, event: Event) -> None:
    connection.execute(update(Session).where(Session.id == event.session).values(account=None))


def _seen(connection: Connection, event: Event) -> None:
    if event.account is not None:
        key = fold(event.account)
        connection.execute(update(Account).where(Account.key == key).values(last_seen=event.at))


@projects(Kind.REGISTERED)
def _registered(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(Account).values(
            id=event.data["id"],
            name=event.account,
            key=fold(event.account or ""),
            password_hash=event.secret.password_hash,
            scram=event.secret.scram,
            role=event.data["role"],
            created=event.at,
            disabled=False,
        )
    )


@projects(Kind.ACCOUNT_CHANGED)
def _account_changed(connection: Connection, event: Event) -> None:
    values: dict[str, object] = {
        name: event.data[name] for name in ("role", "disabled") if name in event.data
    }
    if event.secret is not None:
        values |= {"password_hash": event.secret.password_hash, "scram": event.secret.scram}
    if values:
        connection.execute(update(Account).where(Account.id == event.data["id"]).values(values))


@projects(Kind.CREATED)
def _created(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(Room).values(
            id=event.room,
            name=event.target,
            key=fold(event.target or ""),
            topic="",
            topic_by="",
            modes=event.data["modes"],
            founder_id=event.data["founder"],
            official=event.data["official"],
            created=event.at,
        )
    )
    if event.data["founder"] is not None:
        connection.execute(
            insert(RoomRole).values(room_id=event.room, account_id=event.data["founder"], role="o")
        )


@projects(Kind.TOPIC)
def _topic(connection: Connection, event: Event) -> None:
    connection.execute(
        update(Room)
        .where(Room.id == event.room)
        .values(topic=event.text, topic_by=event.source, topic_at=event.at)
    )


@projects(Kind.MODE)
def _mode(connection: Connection, event: Event) -> None:
    for sign, letter, argument, account_id in event.data["changes"]:
        if letter in LISTS:
            _mask(connection, event, sign, letter, argument)
        elif letter in ROLES:
            _role(connection, event.room, sign, letter, account_id)
        elif letter in FLAGS:
            _flag(connection, event.room, sign, letter)
        elif letter == "k":
            _parameter(connection, event.room, Room.password, event.secret.key)
        elif letter == "l":
            _parameter(connection, event.room, Room.user_limit, int(argument) if sign == "+" else None)


def _mask(connection: Connection, event: Event, sign: str, letter: str, mask: str) -> None:
    connection.execute(
        delete(RoomMask).where(RoomMask.room_id == event.room, RoomMask.mode == letter, RoomMask.mask == mask)
    )
    if sign == "+":
        connection.execute(
            insert(RoomMask).values(room_id=event.room, mode=letter, mask=mask, by=event.source, at=event.at)
        )


def _role(connection: Connection, room: int | None, sign: str, role: str, account_id: int | None) -> None:
    if account_id is None:
        return
    connection.execute(
        delete(RoomRole).where(
            RoomRole.room_id == room, RoomRole.account_id == account_id, RoomRole.role == role
        )
    )
    if sign == "+":
        connection.execute(insert(RoomRole).values(room_id=room, account_id=account_id, role=role))


def _flag(connection: Connection, room: int | None, sign: str, letter: str) -> None:
    modes = set(connection.execute(select(Room.modes).where(Room.id == room)).scalar_one())
    modes = modes | {letter} if sign == "+" else modes - {letter}
    connection.execute(update(Room).where(Room.id == room).values(modes="".join(sorted(modes))))


def _parameter(
    connection: Connection, room: int | None, column: InstrumentedAttribute[Any], value: object
) -> None:
    connection.execute(update(Room).where(Room.id == room).values({column: value}))


@projects(Kind.PRIVMSG)
@projects(Kind.NOTICE)
@projects(Kind.TAGMSG)
def _message(connection: Connection, event: Event) -> None:
    if "parties" not in event.data:
        return
    mine, theirs = event.data["parties"]
    _correspond(connection, event, mine, event.target or "")
    if theirs != mine:
        _correspond(connection, event, theirs, event.nick)


def _correspond(connection: Connection, event: Event, party: str, name: str) -> None:
    changed = connection.execute(
        update(Correspondent)
        .where(Correspondent.party == party, Correspondent.conversation == event.conversation)
        .values(name=name, key=fold(name), last_at=event.at)
    )
    if not changed.rowcount:
        connection.execute(
            insert(Correspondent).values(
                party=party,
                conversation=event.conversation,
                name=name,
                key=fold(name),
                last_at=event.at,
            )
        )


@projects(Kind.REDACTED)
def _redacted(connection: Connection, event: Event) -> None:
    """Blank the message where it stands: its place in the log stays, what it said goes."""
    here = Row.id == event.data["event"]
    data = connection.execute(select(Row.data).where(here)).scalar_one_or_none() or {}
    kept = {name: value for name, value in data.items() if name in ("parties", "imported", "author")}
    connection.execute(update(Row).where(here).values(text="", data=kept | {"redacted": event.id}))
    detail = {"msgid": msgid(event.data["event"]), "reason": event.text, "by": event.nick}
    actor = event.account or event.nick
    connection.execute(
        insert(Audit).values(at=event.at, actor=actor, action="redact", target=event.target, detail=detail)
    )


@projects(Kind.MARKED)
def _marked(connection: Connection, event: Event) -> None:
    party, target = event.data["party"], fold(event.target or "")
    connection.execute(delete(ReadMarker).where(ReadMarker.party == party, ReadMarker.target == target))
    connection.execute(insert(ReadMarker).values(party=party, target=target, at=event.data["instant"]))


@projects(Kind.BANNED)
def _banned(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(Ban).values(
            id=event.data["id"],
            type=event.data["type"],
            mask=event.target,
            reason=event.text,
            by=event.nick,
            created=event.at,
            expires=event.data["expires"],
        )
    )


@projects(Kind.UNBANNED)
def _unbanned(connection: Connection, event: Event) -> None:
    connection.execute(delete(Ban).where(Ban.id == event.data["id"]))
