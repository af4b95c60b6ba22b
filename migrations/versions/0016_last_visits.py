"""last visits

Revision ID: 0016
Revises: 0015

The visits that ended before are taken from the log, so that nobody counts as a first-time visitor.
"""

from unicodedata import normalize

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


BATCH_ROWS = 1000
ENDED = sa.text("""
    SELECT event.nick, event.host, account.id AS account, event.room_id, max(event.id) AS until
    FROM event JOIN room ON room.id = event.room_id LEFT JOIN account ON account.name = event.account
    WHERE event.kind IN ('parted', 'quit')
    GROUP BY event.nick, event.host, account.id, event.room_id
""")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    last_visit = op.create_table(
        "last_visit",
        sa.Column("visitor", sa.String(length=260), nullable=False),
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_last_visit_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("visitor", "room_id", name=op.f("pk_last_visit")),
    )
    _insert_ended_visits(last_visit)


def _insert_ended_visits(last_visit: sa.Table) -> None:
    until: dict[tuple[str, int], int] = {}
    for row in op.get_bind().execute(ENDED):
        visitors = [f"{_fold(row.nick)}!{row.host}"]
        if row.account is not None:
            visitors.append(f"a{row.account}")
        for key in ((visitor, row.room_id) for visitor in visitors):
            until[key] = max(until.get(key, 0), row.until)
    rows = [{"visitor": visitor, "room_id": room, "until": last} for (visitor, room), last in until.items()]
    for start in range(0, len(rows), BATCH_ROWS):
        op.bulk_insert(last_visit, rows[start : start + BATCH_ROWS])


def _fold(nick: str) -> str:
    return normalize("NFKC", normalize("NFKC", nick).casefold())


def downgrade() -> None:
    op.drop_table("last_visit")
