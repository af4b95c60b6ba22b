"""masks that are a single parameter

MODE accepted masks with a space or a leading colon. They match nobody and cannot be removed by the
mask that the list shows, so they are deleted. In the log, they are replaced by that mask.

Revision ID: 0015
Revises: 0014
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MASK_LISTS = "beI"
MALFORMED = re.compile("(~m:)?(~a:)?(:.*|.* .*)", re.DOTALL)
event = sa.table("event", sa.column("id"), sa.column("text"), sa.column("data", sa.JSON))
room_mask = sa.table("room_mask", sa.column("room_id"), sa.column("mode"), sa.column("mask"))
# Repeats the condition of an index that contains no messages.
MODE_EVENTS = sa.text("kind NOT IN ('privmsg', 'notice') AND room_id IS NOT NULL AND kind = 'mode'")


def upgrade() -> None:
    _delete_masks()
    _repair_events()


def _delete_masks() -> None:
    connection = op.get_bind()
    for room, mode, mask in connection.execute(sa.select(room_mask)).all():
        if mode in MASK_LISTS and MALFORMED.fullmatch(mask):
            is_entry = sa.and_(
                room_mask.c.room_id == room, room_mask.c.mode == mode, room_mask.c.mask == mask
            )
            connection.execute(sa.delete(room_mask).where(is_entry))


def _repair_events() -> None:
    connection = op.get_bind()
    for position, text, data in connection.execute(sa.select(event).where(MODE_EVENTS)).all():
        for _, letter, mask, *_ in (data or {}).get("changes", ()):
            if letter in MASK_LISTS and mask and MALFORMED.fullmatch(mask):
                text = text.replace(f" {mask}", f" {_plain(mask)}")
        connection.execute(
            sa.update(event).where(event.c.id == position, event.c.text != text).values(text=text)
        )


def _plain(mask: str) -> str:
    """Return the mask as lists showed it."""
    return mask.replace(" ", "_").lstrip(":") or "*"


def downgrade() -> None:
    """Do nothing: the masks had no effect."""
