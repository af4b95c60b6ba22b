"""Names of accounts: their change in the tables, and former names, under which the log knows them.

Rows of the log never change their author, so queries by the name of an account look for its former
names as well, each up to the event that ended its use.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from app.db import models
from app.db.fulltext import fulltext_of
from app.events import Event
from app.wire import extbans
from app.wire.names import Key, fold

_former = models.FormerNameRow.__table__.c


def rename_account(connection: Connection, event: Event, account: int) -> None:
    """Rename an account in every table: what others keep under its name moves as well."""
    old, new = event.account or "", event.target or ""
    is_renamed = models.AccountRow.id == account
    connection.execute(update(models.AccountRow).where(is_renamed).values(name=new, key=fold(new)))
    values = {"account_id": account, "until": event.id, "name": old, "key": fold(old)}
    connection.execute(insert(models.FormerNameRow).values(values))
    sessions = update(models.SessionRow).where(models.SessionRow.account == old)
    connection.execute(sessions.values(account=new))
    _rename_conversations(connection, f"a{account}", old, new)
    _rename_masks(connection, old, new)
    for column in (models.BanRow.by, models.InvitationRow.by):
        connection.execute(update(column.parent.class_).where(column == old).values(by=new))
    if fold(old) != fold(new):
        for model in (models.ReadMarkerRow, models.PrivateMetadataRow):
            _move_targets(connection, model, fold(old), fold(new))


def _rename_conversations(connection: Connection, party: str, old: str, new: str) -> None:
    """Show the account's private conversations to its partners under the new name."""
    table = models.CorrespondentRow
    own = select(table.conversation).where(table.party == party).scalar_subquery()
    is_partner = and_(table.conversation.in_(own), table.party != party, table.key == fold(old))
    connection.execute(update(table).where(is_partner).values(name=new, key=fold(new)))


def _move_targets(connection: Connection, model: Any, old: Key, new: Key) -> None:
    """Move what parties keep under a name, in place of what they keep under the new one."""
    parties = select(model.party).where(model.target == old).scalar_subquery()
    connection.execute(delete(model).where(model.target == new, model.party.in_(parties)))
    connection.execute(update(model).where(model.target == old).values(target=new))


def _rename_masks(connection: Connection, old: str, new: str) -> None:
    """Rename the account in bans and masks that name it, so that they still apply."""
    ban, mask = models.BanRow, models.RoomMaskRow
    contains = fulltext_of(connection).contains
    for row in connection.execute(select(ban.id, ban.mask).where(ban.type == "account")).all():
        if fold(row.mask) == fold(old):
            connection.execute(update(ban).where(ban.id == row.id).values(mask=new))
    query = select(mask.room_id, mask.mode, mask.mask).where(contains(mask.mask, old))
    for room, mode, text in connection.execute(query).all():
        renamed = extbans.rename_account(text, {fold(old)}, new)
        if renamed is not None:
            here = and_(mask.room_id == room, mask.mode == mode)
            connection.execute(delete(mask).where(here, mask.mask == renamed, mask.mask != text))
            connection.execute(update(mask).where(here, mask.mask == text).values(mask=renamed))


def list_former_names(session: Session, key: Key) -> Sequence[tuple[Key, int]]:
    """Return the former names of the account with a folded name, each with its last event id."""
    query = select(_former.key, _former.until).join(
        models.AccountRow, models.AccountRow.id == _former.account_id
    )
    return [(Key(name), until) for name, until in session.execute(query.where(models.AccountRow.key == key))]


def was_name_of(connection: Connection, account: int, name: str, position: int) -> bool:
    """Return whether a name was that of an account at a position of the log."""
    here = (_former.account_id == account, _former.name == name, _former.until >= position)
    return connection.scalar(select(_former.until).where(*here).limit(1)) is not None
