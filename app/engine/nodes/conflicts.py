"""Whether a batch whose commit failed is still valid after the events that others have stored.

A batch is decided while the node holds the log's lock. If the connection is lost during the commit,
the lock is lost with it, and other nodes go on. Their events then precede the batch in the log, so
the batch may be stored only if none of them changes what its decisions depended on.

The recipients must be the same, too: those of the batch were found before the events of others were
applied, and those of the others are found after the batch was. They differ if either side changes
which users of this node are in a room in which the other side has events.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from app.errors import LogConflict
from app.events import MESSAGES, Event, Kind
from app.events.data import JoinedData, KickedData, KilledData, RenamedData
from app.wire.names import fold

Subject = tuple[object, ...]  # what an event depends on or changes, such as ("room", 7)
EVERYTHING: Subject = ("everything",)
ANY_ACTIVITY: Subject = ("activity in any room",)
_MEMBERSHIP = {Kind.JOINED, Kind.PARTED, Kind.KICKED, Kind.QUIT, Kind.NICK}  # events of members of a room


def require_no_conflict(batch: Sequence[Event], earlier: Sequence[Event], local: Set[int]) -> None:
    """Check that a batch may be stored after the events of others.

    `local` has the ids of the sessions with a device on this node.

    Raises: LogConflict when it may not.
    """
    conflict = find_conflict(batch, earlier, local)
    if conflict is not None:
        raise LogConflict(
            "The connection to the database was lost while a batch was being stored, and meanwhile another "
            f"node stored an event ({conflict.kind}) that contradicts it."
        )


def find_conflict(batch: Sequence[Event], earlier: Iterable[Event], local: Set[int]) -> Event | None:
    """Return the first of the earlier events that changes what the batch depended on, or None."""
    used = {subject for event in batch for subject in _used(event)}
    if not used:
        return None
    for event in earlier:
        changed = {*_changed(event), *_changed_for_delivery(event, local)}
        if EVERYTHING in changed or EVERYTHING in used or not used.isdisjoint(changed):
            return event
    return None


def _used(event: Event) -> Iterable[Subject]:
    """Yield what the decision for an event depended on, including most of what it changes."""
    yield from (subject for subject in _changed(event) if subject[0] != "members")
    if event.session is not None:
        yield "session", event.session
    if event.room is not None:
        yield "room", event.room
        yield "recipients", event.room
    if event.account is not None:
        yield "account", fold(event.account)
    if event.kind is Kind.CONNECTED:
        yield ("bans",)
    if event.kind is Kind.JOINED and JoinedData.of(event).roles:
        yield "members", event.room  # the first member becomes the operator
    if event.kind in _MEMBERSHIP:
        yield "activity", event.room
    if event.kind is Kind.ATTACHED:  # the device receives the events of all rooms of its user
        yield ANY_ACTIVITY
    if event.kind in MESSAGES and event.room is None:
        yield "nick", fold(event.target or "")
    yield from (("private messages", *subject[1:]) for subject in _changed(event) if subject[0] == "nick")


def _changed_for_delivery(event: Event, local: Set[int]) -> Iterable[Subject]:
    """Yield what an event changes for the recipients of the batch, or the batch for its own."""
    if event.room is not None:
        yield "activity", event.room
        yield ANY_ACTIVITY
        if event.kind in _MEMBERSHIP and _member_session(event) in local:
            yield "recipients", event.room
    elif event.kind in MESSAGES:
        yield "private messages", fold(event.target or "")


def _changed(event: Event) -> Iterable[Subject]:
    return _CHANGES.get(event.kind, _changes_everything)(event)


def _changes_everything(event: Event) -> Iterable[Subject]:
    return (EVERYTHING,)


def _changes_nothing(event: Event) -> Iterable[Subject]:
    """Yield nothing for messages, markers and the like: the last one in the log counts."""
    return ()


def _session(event: Event) -> Iterable[Subject]:
    return (("session", event.session),)


def _nick(event: Event) -> Iterable[Subject]:
    names = [event.nick, *([event.target] if event.kind is Kind.NICK and event.target else [])]
    return (("session", event.session), *(("nick", fold(name)) for name in names))


def _killed(event: Event) -> Iterable[Subject]:
    return (("session", KilledData.of(event).session),)


def _room(event: Event) -> Iterable[Subject]:
    names = [event.target or ""]
    if event.kind is Kind.RENAMED:
        names.append(RenamedData.of(event).to)
    return (("room", event.room), *(("room name", fold(name)) for name in names))


def _member(event: Event) -> Iterable[Subject]:
    return (("member", event.room, _member_session(event)), ("members", event.room))


def _member_session(event: Event) -> int | None:
    """Return the session that enters or leaves a room, or has another nick there."""
    return KickedData.of(event).session if event.kind is Kind.KICKED else event.session


def _account(event: Event) -> Iterable[Subject]:
    return tuple(
        subject
        for name in (event.account, event.target)
        if name
        for subject in (("account", fold(name)), ("nick", fold(name)))
    )


def _bans(event: Event) -> Iterable[Subject]:
    return (("bans",),)


_CHANGES: Mapping[Kind, Callable[[Event], Iterable[Subject]]] = {
    **dict.fromkeys((Kind.CONNECTED, Kind.QUIT, Kind.NICK), _nick),
    **dict.fromkeys(
        (
            Kind.USER_MODE,
            Kind.HOST,
            Kind.REALNAME,
            Kind.LOGGED_IN,
            Kind.LOGGED_OUT,
            Kind.AWAY,
            Kind.DETACHED,
            Kind.ATTACHED,
            Kind.OPERED,
        ),
        _session,
    ),
    Kind.KILLED: _killed,
    **dict.fromkeys((Kind.CREATED, Kind.RENAMED, Kind.DELETED, Kind.MODE, Kind.TOPIC, Kind.RETENTION), _room),
    **dict.fromkeys((Kind.JOINED, Kind.PARTED, Kind.KICKED), _member),
    **dict.fromkeys((Kind.REGISTERED, Kind.ACCOUNT_CHANGED), _account),
    **dict.fromkeys((Kind.BANNED, Kind.UNBANNED), _bans),
    **dict.fromkeys(
        (
            Kind.PRIVMSG,
            Kind.NOTICE,
            Kind.TAGMSG,
            Kind.REDACTED,
            Kind.MARKED,
            Kind.METADATA,
            Kind.PRIVATE_METADATA,
            Kind.INVITED,
            Kind.OPER_REFUSED,
            Kind.WALLOPS,
            Kind.ANNOUNCED,
            Kind.REHASHED,
            Kind.EXPIRED,
            Kind.NODE_STARTED,
            Kind.NODE_ENDED,
            Kind.NODE_DRAINED,
            Kind.VOID,
        ),
        _changes_nothing,
    ),
}
