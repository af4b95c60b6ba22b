"""Erases accounts and rooms from events that are not stored yet, like the steps do from the log.

They belong to a batch that waits for a failing database. Meanwhile `chat-admin` may delete an
account or a room and complete the erasure, so nothing that follows in the log may contain it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.events import Event, Kind
from app.events.data import CreatedData, MessageData, ModeData, to_json
from app.services.erasure.events import Treatment, choose_treatment, is_change_of
from app.services.erasure.subject import ErasedAccount, Messages
from app.wire.modes import WORD_FILTER, ModeChange, format_valid_changes, mask_arguments

_OF_SESSION = (Kind.QUIT, Kind.NICK)  # stored once for each room of the session


@dataclass(frozen=True, slots=True)
class _UnstoredRow:
    """What decides about the treatment of a row of the log, for an event without one."""

    id: int
    kind: str
    conversation: str | None
    account: str | None
    target: str | None
    data: Mapping[str, Any] | None
    is_own: bool


def erase_account(
    events: Sequence[Event], account: ErasedAccount, sessions: Collection[int]
) -> Sequence[Event]:
    """Replace the account in events, and return those that must not be stored.

    `sessions` are those that are logged in to the account.
    """
    own = {*sessions, *(event.session for event in events if event.account == account.name)} - {None}
    parties = {account.party, *(f"s{session}" for session in own)}
    return [event for event in events if _must_go(event, account, own, parties)]


def _must_go(event: Event, account: ErasedAccount, sessions: set[Any], parties: set[str]) -> bool:
    if event.kind is Kind.MODE and not _keep_other_changes(event, account):
        return True
    if event.kind is Kind.CREATED and CreatedData.of(event).founder == account.id:
        event.data = replace(CreatedData.of(event), founder=None)
    treatment = choose_treatment(_row_of(event, sessions, parties), account, sessions)
    if treatment is Treatment.REMOVE and event.kind is Kind.TOPIC:
        event.text, treatment = "", Treatment.AUTHOR  # whatever the topic was before
    if treatment is Treatment.TARGET:
        event.target = account.pseudonym
    elif treatment is Treatment.AUTHOR:
        _replace_author(event, account)
    return treatment is Treatment.REMOVE


def _keep_other_changes(event: Event, account: ErasedAccount) -> bool:
    """Remove the changes of modes that name the account; return whether others are left."""
    data = ModeData.of(event)
    changes = [change for change in data.changes if not is_change_of(change, account)]
    if len(changes) < len(data.changes):
        valid = [(ModeChange(sign, letter, argument), None) for sign, letter, argument, _ in changes]
        event.data = replace(data, changes=changes)
        event.text = format_valid_changes(mask_arguments(valid, "k" + WORD_FILTER))
    return bool(changes)


def _row_of(event: Event, sessions: set[Any], parties: set[str]) -> _UnstoredRow:
    is_party = not parties.isdisjoint(MessageData.of(event).parties or ())
    is_own = is_party or (event.account is None and event.session in sessions)
    data = None if event.data is None else to_json(event.data)
    return _UnstoredRow(event.id, event.kind, event.conversation, event.account, event.target, data, is_own)


def _replace_author(event: Event, account: ErasedAccount) -> None:
    event.user, event.host, event.account, event.session = "", "", None, None
    if account.messages is not Messages.KEEP:
        event.nick = account.pseudonym


def rename_account(events: Sequence[Event], old: str, new: str) -> None:
    """Replace the name of a renamed account in events."""
    for event in events:
        if event.account == old:
            event.account = new


def erase_room(events: Sequence[Event], room: int) -> Sequence[Event]:
    """Return the events of a room that must not be stored; that a session ended is."""
    in_room = [event for event in events if event.room == room or event.conversation == f"o{room}"]
    for event in in_room:
        if event.kind in _OF_SESSION:
            event.room = None
    return [event for event in in_room if event.kind not in _OF_SESSION]
