"""Adapts a changeset that waits for its commit to what other programs deleted meanwhile.

Their events precede it in the log, so it may not name an account that they delete, nor add to a
room that they erase. What it loses is neither stored nor shown, and its authors receive an error;
only the comings and goings of users, which the world and other clients know, are still shown.
"""

from collections.abc import Callable, Sequence

from app.engine.changeset import Changeset
from app.engine.delivery.plan import without_events
from app.events import Event, Kind
from app.events.data import AccountDeletedData, AccountRenamedData, DeletedData
from app.services.erasure import unstored
from app.services.erasure.subject import ALWAYS, ErasedAccount, Messages

_PRESENCE = frozenset(
    {Kind.CONNECTED, Kind.QUIT, Kind.NICK, Kind.JOINED, Kind.PARTED, Kind.KICKED, Kind.LOGGED_IN}
    | {Kind.LOGGED_OUT, Kind.AWAY, Kind.REALNAME, Kind.HOST, Kind.USER_MODE, Kind.DETACHED, Kind.ATTACHED}
)


def adapt(changeset: Changeset, remote_events: Sequence[Event], revert: Callable[[Event], str]) -> None:
    """Remove from a changeset what the remote events delete, before they are applied to the world.

    `revert` undoes an event in the world, and returns the error line for its author.
    """
    for remote in remote_events:
        _remove(changeset, _find_deleted(changeset, remote), revert)


def _find_deleted(changeset: Changeset, remote: Event) -> Sequence[Event]:
    """Return the events that an event deletes, and change others that it affects."""
    if remote.kind is Kind.DELETED and DeletedData.of(remote).erase:
        return unstored.erase_room(changeset.events, remote.room or 0)
    if remote.kind is Kind.ACCOUNT_RENAMED:
        _rename(changeset, remote)
    return _erase_account(changeset, remote) if remote.kind is Kind.ACCOUNT_DELETED else ()


def _rename(changeset: Changeset, remote: Event) -> None:
    account = changeset.world.find_account_by_id(AccountRenamedData.of(remote).id)
    if account is not None:
        unstored.rename_account(changeset.events, account.name, remote.target or "")


def _erase_account(changeset: Changeset, remote: Event) -> Sequence[Event]:
    world, data = changeset.world, AccountDeletedData.of(remote)
    account = world.find_account_by_id(data.id)
    if account is None:
        return ()
    sessions = [user.session for user in world.users_of(account)]
    names = [(account.name, ALWAYS)]
    erased = ErasedAccount(remote.id, data.id, names, Messages(data.messages), remote.nick)
    deleted = unstored.erase_account(changeset.events, erased, sessions)
    _apply_topics(changeset)
    return deleted


def _apply_topics(changeset: Changeset) -> None:
    """Apply the topics once more, because some may have been cleared."""
    for event in changeset.events:
        if event.kind is Kind.TOPIC:
            changeset.world.apply(event)


def _remove(changeset: Changeset, deleted: Sequence[Event], revert: Callable[[Event], str]) -> None:
    ids = set(map(id, deleted))
    changeset.events = [event for event in changeset.events if id(event) not in ids]
    lines = {id(event): revert(event) for event in deleted if event.kind not in _PRESENCE}
    changeset.plan = without_events(changeset.plan, lines)
