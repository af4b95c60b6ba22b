"""The views: their columns are a contract with other programs, documented in docs/sql.md.

They contain neither credentials, e-mail addresses, network addresses, room keys nor private
messages. Columns may be added at the end, but never removed, renamed or reordered.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, exists, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from app.db.models import (
    SPOKEN,
    AccountMetadataRow,
    AccountRow,
    EventRow,
    MembershipRow,
    RoomRoleRow,
    RoomRow,
    RoomVisitRow,
    SessionRow,
)
from app.db.views.functions import (
    DayText,
    SourceNick,
    action_text,
    day_number,
    flag,
    has_letter,
    is_action,
    message_id,
    session_party,
    time_text,
)

Columns = list[ColumnElement[Any]]
Query = Select[*tuple[Any, ...]]


def _instant(name: str, at: Any) -> Columns:
    """Return an instant as two columns, `NAME_at` for people and `NAME_ms` for programs."""
    return [time_text(at).label(f"{name}_at"), at.label(f"{name}_ms")]


def _messages() -> Query:
    """Return the messages of all rooms, in no particular order."""
    said, is_redacted = EventRow.text, func.coalesce(EventRow.text, "") == ""
    kind = case((EventRow.kind == "notice", "notice"), (is_action(said), "action"), else_="message")
    shown = case((is_redacted, null()), (is_action(said), action_text(said)), else_=said)
    return (
        select(
            EventRow.id,
            message_id(EventRow.id).label("msgid"),
            *_instant("sent", EventRow.at),
            EventRow.room_id,
            RoomRow.name.label("room"),
            kind.label("kind"),
            func.coalesce(EventRow.data["author"].as_string(), EventRow.nick).label("nick"),
            EventRow.account,
            EventRow.data[("tags", "+draft/reply")].as_string().label("reply_to"),
            shown.label("text"),
            flag(is_redacted).label("redacted"),
        )
        .outerjoin(RoomRow, RoomRow.id == EventRow.room_id)
        .where(SPOKEN, EventRow.room_id.is_not(None))
    )


def _rooms() -> Query:
    """Return the rooms that exist."""
    spoken_in = aliased(RoomRow)
    latest = select(func.max(EventRow.at)).where(EventRow.room_id == spoken_in.id, SPOKEN).scalar_subquery()
    last = select(spoken_in.id, latest.label("at")).subquery("last")
    members = select(func.count()).where(MembershipRow.room_id == RoomRow.id).scalar_subquery()
    return (
        select(
            RoomRow.id,
            RoomRow.name,
            RoomRow.topic,
            SourceNick(RoomRow.topic_by).label("topic_by"),
            *_instant("topic", RoomRow.topic_at),
            RoomRow.modes,
            flag(has_letter(RoomRow.modes, "s")).label("secret"),
            flag(has_letter(RoomRow.modes, "i")).label("invite_only"),
            flag(RoomRow.password.is_not(None)).label("has_key"),
            RoomRow.user_limit,
            flag(RoomRow.official).label("official"),
            AccountRow.name.label("founder"),
            *_instant("created", RoomRow.created),
            members.label("members"),
            *_instant("last_message", last.c.at),
        )
        .outerjoin(AccountRow, AccountRow.id == RoomRow.founder_id)
        .join(last, last.c.id == RoomRow.id)
    )


def _users() -> Query:
    """Return the registered accounts."""
    is_online = exists(SessionRow.id).where(
        SessionRow.account == AccountRow.name, SessionRow.disconnected.is_(None)
    )
    display_name = (
        select(AccountMetadataRow.value)
        .where(AccountMetadataRow.account_id == AccountRow.id, AccountMetadataRow.key == "display-name")
        .scalar_subquery()
    )
    return select(
        AccountRow.id,
        AccountRow.name,
        display_name.label("display_name"),
        AccountRow.role,
        flag(AccountRow.disabled).label("disabled"),
        flag(is_online).label("online"),
        *_instant("created", AccountRow.created),
        *_instant("last_seen", AccountRow.last_seen),
    )


def _membership() -> Query:
    """Return the members of each room, and the accounts that have a role there but are absent."""
    found = union_all(_present(), _absent()).subquery("member")
    return select(
        found.c.room_id,
        RoomRow.name.label("room"),
        found.c.nick,
        found.c.account,
        case((found.c.role == "o", "operator"), (found.c.role == "v", "voice"), else_="member").label("role"),
        found.c.present,
        *_instant("joined", found.c.joined),
    ).join(RoomRow, RoomRow.id == found.c.room_id)


def _present() -> Query:
    is_visit = (RoomVisitRow.room_id == MembershipRow.room_id) & (
        RoomVisitRow.party == session_party(MembershipRow.session_id)
    )
    return (
        select(
            MembershipRow.room_id,
            SessionRow.nick,
            SessionRow.account,
            func.substr(MembershipRow.roles, 1, 1).label("role"),  # sorted: `o` before `v`
            literal(1).label("present"),
            RoomVisitRow.at.label("joined"),
        )
        .join(SessionRow, SessionRow.id == MembershipRow.session_id)
        .outerjoin(RoomVisitRow, is_visit)
        .where(SessionRow.disconnected.is_(None))
    )


def _absent() -> Query:
    is_present = (
        exists(SessionRow.id)  # without columns, the view would depend on all of them
        .where(MembershipRow.room_id == RoomRoleRow.room_id, MembershipRow.session_id == SessionRow.id)
        .where(SessionRow.account == AccountRow.name, SessionRow.disconnected.is_(None))
    )
    return (
        select(
            RoomRoleRow.room_id,
            AccountRow.name,
            AccountRow.name.label("account"),
            func.min(RoomRoleRow.role).label("role"),
            literal(0).label("present"),
            cast(null(), RoomVisitRow.at.type).label("joined"),
        )
        .join(AccountRow, AccountRow.id == RoomRoleRow.account_id)
        .where(~is_present)
        .group_by(RoomRoleRow.room_id, AccountRow.name)
    )


def _daily_activity() -> Query:
    """Return the number of messages and authors of each room and day (UTC) with messages."""
    is_redacted = func.coalesce(EventRow.text, "") == ""
    author = func.coalesce(EventRow.account, EventRow.data["author"].as_string(), EventRow.nick)
    days = (
        select(
            EventRow.room_id,
            day_number(EventRow.at).label("day"),
            func.sum(flag(~is_redacted)).label("messages"),
            func.sum(flag(is_redacted)).label("redacted"),
            func.count(author.distinct()).label("authors"),
        )
        .where(SPOKEN, EventRow.room_id.is_not(None))
        .group_by(EventRow.room_id, day_number(EventRow.at))
        .subquery("daily")
    )
    return select(
        DayText(days.c.day).label("day"),
        days.c.room_id,
        RoomRow.name.label("room"),
        days.c.messages,
        days.c.redacted,
        days.c.authors,
    ).outerjoin(RoomRow, RoomRow.id == days.c.room_id)


VIEWS: Mapping[str, Query] = {
    "chat_messages": _messages(),
    "chat_rooms": _rooms(),
    "chat_users": _users(),
    "chat_membership": _membership(),
    "chat_daily_activity": _daily_activity(),
}
