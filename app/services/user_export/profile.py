"""The account and what is filed under it, as JSON objects without passwords."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import to_iso, to_iso_or_none
from app.db import models
from app.services.erasure.subject import former_names
from app.services.metadata import get_account_metadata, load_private_metadata


def read_profile(session: Session, account: models.AccountRow) -> dict[str, Any]:
    """Return the account and its settings, rooms and contacts."""
    connection, party = session.connection(), f"a{account.id}"
    private = load_private_metadata(connection, party)
    return {
        "name": account.name,
        "former_names": [name for name, _ in session.execute(former_names(account.id))],
        "role": account.role,
        "email": account.email,
        "created": to_iso(account.created),
        "last_seen": to_iso_or_none(account.last_seen),
        "disabled": account.disabled,
        "always_on": account.always_on,
        "metadata": get_account_metadata(session, account.id),
        "private_metadata": [
            {"target": target, "key": key, "value": value} for (target, key), value in private.items()
        ],
        "certificates": _read_certificates(session, account),
        "rooms": _read_rooms(session, account),
        "read_markers": _read_markers(session, party),
        "private_conversations": _read_correspondents(session, party),
        "bans": _read_bans(session, account),
    }


def _read_certificates(session: Session, account: models.AccountRow) -> list[dict[str, Any]]:
    table = models.CertificateRow
    rows = session.scalars(select(table).where(table.account_id == account.id).order_by(table.added))
    return [{"fingerprint": row.fingerprint, "added": to_iso(row.added)} for row in rows]


def _read_rooms(session: Session, account: models.AccountRow) -> list[dict[str, Any]]:
    """Return the rooms that the account is in, has a role in, or has founded."""
    room, visit, role = models.RoomRow, models.RoomVisitRow, models.RoomRoleRow
    visits = dict(
        session.execute(select(visit.room_id, visit.at).where(visit.party == f"a{account.id}")).all()
    )
    roles: dict[int, list[str]] = {}
    for row in session.scalars(select(role).where(role.account_id == account.id)):
        roles.setdefault(row.room_id, []).append(row.role)
    is_related = or_(room.id.in_([*visits, *roles]), room.founder_id == account.id)
    return [
        {
            "name": row.name,
            "since": to_iso_or_none(visits.get(row.id)),
            "roles": sorted(roles.get(row.id, [])),
            "founder": row.founder_id == account.id,
        }
        for row in session.scalars(select(room).where(is_related).order_by(room.key))
    ]


def _read_markers(session: Session, party: str) -> list[dict[str, Any]]:
    table = models.ReadMarkerRow
    rows = session.scalars(select(table).where(table.party == party).order_by(table.target))
    return [{"target": row.target, "read_until": to_iso(row.at)} for row in rows]


def _read_correspondents(session: Session, party: str) -> list[dict[str, Any]]:
    table = models.CorrespondentRow
    rows = session.scalars(select(table).where(table.party == party).order_by(table.last_at))
    return [{"name": row.name, "last_message": to_iso(row.last_at)} for row in rows]


def _read_bans(session: Session, account: models.AccountRow) -> list[dict[str, Any]]:
    table = models.BanRow
    rows = session.scalars(select(table).where(table.type == "account", table.mask == account.name))
    return [
        {"reason": row.reason, "created": to_iso(row.created), "expires": to_iso_or_none(row.expires)}
        for row in rows
    ]


def read_sessions(session: Session, account: models.AccountRow) -> list[dict[str, Any]]:
    """Return the account's sessions with their addresses, oldest first."""
    table = models.SessionRow
    rows = session.scalars(select(table).where(table.account == account.name).order_by(table.id))
    return [
        {
            "nick": row.nick,
            "user": row.user,
            "host": row.host,
            "address": row.address,
            "realname": row.realname,
            "connected": to_iso(row.connected),
            "disconnected": to_iso_or_none(row.disconnected),
        }
        for row in rows.yield_per(1_000)
    ]


def read_audit_entries(session: Session, account: models.AccountRow) -> list[dict[str, Any]]:
    """Return the entries of the audit log by the account or about it, oldest first."""
    table = models.AuditRow
    query = select(table).where(or_(table.actor == account.name, table.target == account.name))
    return [
        {"time": to_iso(row.at), "by": row.actor, "action": row.action, "target": row.target, **_detail(row)}
        for row in session.scalars(query.order_by(table.id).execution_options(yield_per=1_000))
    ]


def _detail(row: models.AuditRow) -> dict[str, Any]:
    return {} if row.detail is None else {"detail": row.detail}
