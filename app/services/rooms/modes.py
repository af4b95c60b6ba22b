"""Changes to the modes of a room and to the roles of accounts in it, by an administrator.

Unlike the MODE command, a change is made as a whole or not at all. Functions that take an
`Administrator` return a change, which `apply_admin_change` records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AccountRow, MembershipRow, RoomMaskRow, RoomRoleRow, RoomRow, SessionRow
from app.errors import UsageError
from app.events import Event, Kind, RoomKey
from app.events.data import ModeData
from app.services.accounts.accounts import get_account
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.history.entry import format_modes
from app.services.rooms.rooms import get_room
from app.wire.framing import space_after
from app.wire.mode_arguments import (
    check_key,
    complete_list_entry,
    find_list_entry,
    is_list_full,
    parse_interval,
    parse_limit,
)
from app.wire.modes import (
    FLAGS,
    LISTS,
    ROLES,
    WORD_FILTER,
    ModeChange,
    ValidChange,
    format_changes,
    format_valid_changes,
    mask_arguments,
    split_into_lines,
    takes_argument,
)
from app.wire.names import fold

ROLE_LETTERS = {"operator": "o", "voice": "v", "none": ""}


@dataclass(slots=True)
class RoomModes:
    """The modes of a room while a sequence of changes is applied to them.

    Each method returns the change in canonical form, or None if it has no effect.
    """

    room: str
    flags: set[str]
    key: str | None
    limit: int | None
    interval: int | None
    lists: dict[str, list[str]]
    max_entries: int

    def change(self, change: ModeChange) -> ModeChange | None:
        """Apply a change.

        Raises: UsageError when the mode is unknown, or its argument is missing or invalid.
        """
        if change.argument is None and takes_argument(change.sign, change.letter) and change.letter != "k":
            raise UsageError(f"Mode {change.sign}{change.letter} needs an argument.")
        try:
            return self._change(change)
        except ValueError as error:
            raise UsageError(f"Mode {change.sign}{change.letter}: {error}.") from error

    def _change(self, change: ModeChange) -> ModeChange | None:
        if change.letter in FLAGS:
            return self._change_flag(change)
        if change.letter in LISTS:
            return self._change_list(change)
        if change.letter == "k":
            return self._change_key(change)
        if change.letter == "l":
            return self._change_limit(change)
        if change.letter == "W":
            return self._change_interval(change)
        if change.letter in ROLES:
            raise UsageError("Roles are set with `chat-admin room role`.")
        raise UsageError(f"There is no mode {change.letter}; docs/commands.md lists the modes of a room.")

    def _change_flag(self, change: ModeChange) -> ModeChange | None:
        if (change.letter in self.flags) == (change.sign == "+"):
            return None
        self.flags ^= {change.letter}
        return change

    def _change_key(self, change: ModeChange) -> ModeChange | None:
        key = check_key(change.argument or "") if change.sign == "+" else None
        if key == self.key:
            return None
        self.key = key
        return ModeChange(change.sign, "k", key or "*")

    def _change_limit(self, change: ModeChange) -> ModeChange | None:
        limit = parse_limit(change.argument or "") if change.sign == "+" else None
        if limit == self.limit:
            return None
        self.limit = limit
        return ModeChange(change.sign, "l", None if limit is None else str(limit))

    def _change_interval(self, change: ModeChange) -> ModeChange | None:
        interval = parse_interval(change.argument or "") if change.sign == "+" else None
        if interval == self.interval:
            return None
        self.interval = interval
        return ModeChange(change.sign, "W", None if interval is None else str(interval))

    def _change_list(self, change: ModeChange) -> ModeChange | None:
        entries, given = self.lists[change.letter], change.argument or ""
        existing = find_list_entry(entries, given)  # also an entry that would be refused today
        if existing is None:
            given = complete_list_entry(change.letter, given)
            existing = find_list_entry(entries, given)
        if (existing is not None) == (change.sign == "+"):
            return None
        if existing is not None:
            entries.remove(existing)
            return ModeChange("-", change.letter, existing)
        self._add_entry(change.letter, given)
        return ModeChange("+", change.letter, given)

    def _add_entry(self, letter: str, entry: str) -> None:
        if is_list_full(letter, self.lists[letter], entry, self.max_entries):
            raise ValueError(f"the list of {self.room} is full; remove an entry first")
        self.lists[letter].append(entry)


def load_modes(session: Session, room: RoomRow, max_entries: int) -> RoomModes:
    """Return the current modes of a room."""
    lists: dict[str, list[str]] = {letter: [] for letter in LISTS}
    rows = session.scalars(select(RoomMaskRow).where(RoomMaskRow.room_id == room.id).order_by(RoomMaskRow.at))
    for row in rows:
        lists[row.mode].append(row.mask)
    return RoomModes(
        room.name, set(room.modes), room.password, room.user_limit, room.pause, lists, max_entries
    )


def change_modes(
    admin: Administrator, name: str, changes: Sequence[ModeChange], max_entries: int
) -> AdminChange:
    """Change the modes of a room.

    Raises: NotFound, or UsageError when one of the changes is invalid.
    """
    room = get_room(admin.session, name)
    modes = load_modes(admin.session, room, max_entries)
    accepted = [valid for change in changes if (valid := modes.change(change)) is not None]
    return _make_change(admin, room, [(change, None) for change in accepted], "room.mode")


def format_modes_of(room: RoomRow) -> str:
    """Return the modes of a room that are not lists, as `+kln * 50`; the key is never shown."""
    parameters = (("W", room.pause), ("k", room.password and "*"), ("l", room.user_limit))
    changes = [ModeChange("+", letter) for letter in sorted(room.modes)]
    changes += [ModeChange("+", letter, str(value)) for letter, value in parameters if value is not None]
    return " ".join(format_changes(changes))


def set_room_role(admin: Administrator, name: str, account_name: str, role: str) -> AdminChange:
    """Set the role of an account in a room: `operator`, `voice` or `none`.

    Members with that account get or lose the role at once.

    Raises: NotFound, or UsageError when the role is unknown.
    """
    wanted = set(get_role_letter(role))
    room = get_room(admin.session, name)
    account = get_account(admin.session, fold(account_name))
    nicks = _nicks_in_room(admin.session, room, account) or [account.name]
    stored = set(_stored_roles(admin.session, room, account))
    changes = [
        (ModeChange(sign, letter, nick), account.id)
        for sign, letters in (("-", stored - wanted), ("+", wanted - stored))
        for letter in sorted(letters)
        for nick in nicks
    ]
    return _make_change(admin, room, changes, "room.role", account=account.name, role=role)


def get_role_letter(role: str) -> str:
    """Return the mode letter of a role, or an empty string for `none`.

    Raises: UsageError when the role is unknown.
    """
    if role not in ROLE_LETTERS:
        raise UsageError(f"There is no role {role}; choose {', '.join(ROLE_LETTERS)}.")
    return ROLE_LETTERS[role]


def find_room_role(session: Session, name: str, account_name: str) -> tuple[str, str, str]:
    """Return the names of a room and an account, and the account's role in the room.

    Raises: NotFound.
    """
    room, account = get_room(session, name), get_account(session, fold(account_name))
    stored = _stored_roles(session, room, account)
    role = next(role for role, letter in ROLE_LETTERS.items() if letter in stored or not letter)
    return room.name, account.name, role


def _stored_roles(session: Session, room: RoomRow, account: AccountRow) -> Sequence[str]:
    query = select(RoomRoleRow.role).where(
        RoomRoleRow.room_id == room.id, RoomRoleRow.account_id == account.id
    )
    return session.scalars(query).all()


def _nicks_in_room(session: Session, room: RoomRow, account: AccountRow) -> list[str]:
    query = select(SessionRow.nick).join(MembershipRow, MembershipRow.session_id == SessionRow.id)
    query = query.where(MembershipRow.room_id == room.id, SessionRow.account == account.name)
    return list(session.scalars(query.where(SessionRow.disconnected.is_(None)).order_by(SessionRow.id)))


def _make_change(
    admin: Administrator, room: RoomRow, changes: Sequence[ValidChange], action: str, **detail: str
) -> AdminChange:
    """Return the change with one event for each line that clients receive."""
    space = space_after(f":{admin.by} MODE {room.name} ")
    events = [_make_event(admin, room, line) for line in split_into_lines(changes, space)]
    rows = [(change.sign, change.letter, change.argument, account) for change, account in changes]
    return admin.make_change(events, action, room.name, modes=format_modes(rows), **detail)


def _make_event(admin: Administrator, room: RoomRow, changes: Sequence[ValidChange]) -> Event:
    """Return the event of a mode change, without the key of the room, which its secret has."""
    shown = format_valid_changes(mask_arguments(changes, "k" + WORD_FILTER))
    logged = mask_arguments(changes, "k")
    data = ModeData([(change.sign, change.letter, change.argument, account) for change, account in logged])
    event = Event(Kind.MODE, room=room.id, nick=admin.by, target=room.name, text=shown, data=data)
    keys = [change for change, _ in changes if change.letter == "k"]
    if keys:
        key = keys[-1].argument if keys[-1].sign == "+" else None
        event.secret = RoomKey(key, format_valid_changes(changes))
    return event
