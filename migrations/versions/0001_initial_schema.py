"""initial schema

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SPOKEN = "kind IN ('privmsg', 'notice')"
EVENT_INDEXES = (
    ("ix_event_room_id_id", "room_id", "id", "room_id IS NOT NULL"),
    ("ix_event_room_id_at", "room_id", "at", "room_id IS NOT NULL"),
    ("ix_event_spoken_id", "room_id", "id", SPOKEN),
    ("ix_event_spoken_at", "room_id", "at", SPOKEN),
    ("ix_event_conversation_id", "conversation", "id", "conversation IS NOT NULL"),
    ("ix_event_conversation_at", "conversation", "at", "conversation IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("scram", sa.String(length=256), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("last_seen", BIG, nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("key", name=op.f("uq_account_key")),
    )
    op.create_table(
        "audit",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=256), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "ban",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("mask", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("expires", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
    )
    op.create_table(
        "correspondent",
        sa.Column("party", sa.String(length=32), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("last_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("party", "conversation", name=op.f("pk_correspondent")),
    )
    op.create_table(
        "event",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("room_id", BIG, nullable=True),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("session_id", BIG, nullable=True),
        sa.Column("nick", sa.String(length=128), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("host", sa.String(length=128), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=True),
        sa.Column("target", sa.String(length=256), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    for name, column, order, condition in EVENT_INDEXES:
        where = sa.text(condition)
        op.create_index(name, "event", [column, order], sqlite_where=where, postgresql_where=where)

    op.create_table(
        "import_mark",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_import_mark")),
    )
    op.create_table(
        "session",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("nick", sa.String(length=128), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("host", sa.String(length=128), nullable=False),
        sa.Column("address", sa.String(length=128), nullable=False),
        sa.Column("realname", sa.String(length=256), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=True),
        sa.Column("node", sa.String(length=128), nullable=False),
        sa.Column("connected", BIG, nullable=False),
        sa.Column("disconnected", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_account", ["account"], unique=False)
        batch_op.create_index("ix_session_disconnected", ["disconnected"], unique=False)

    op.create_table(
        "room",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("topic_by", sa.String(length=256), nullable=False),
        sa.Column("topic_at", BIG, nullable=True),
        sa.Column("modes", sa.String(length=32), nullable=False),
        sa.Column("password", sa.String(length=64), nullable=True),
        sa.Column("user_limit", sa.Integer(), nullable=True),
        sa.Column("founder_id", BIG, nullable=True),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["founder_id"], ["account.id"], name=op.f("fk_room_founder_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("key", name=op.f("uq_room_key")),
    )
    op.create_table(
        "room_mask",
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("mode", sa.String(length=1), nullable=False),
        sa.Column("mask", sa.String(length=256), nullable=False),
        sa.Column("by", sa.String(length=256), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_mask_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "mode", "mask", name=op.f("pk_room_mask")),
    )
    op.create_table(
        "room_role",
        sa.Column("room_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_room_role_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_role_room_id_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("room_id", "account_id", "role", name=op.f("pk_room_role")),
    )


def downgrade() -> None:
    op.drop_table("room_role")
    op.drop_table("room_mask")
    op.drop_table("room")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index("ix_session_disconnected")
        batch_op.drop_index("ix_session_account")

    op.drop_table("session")
    op.drop_table("import_mark")
    for name, *_ in EVENT_INDEXES:
        op.drop_index(name, "event")

    op.drop_table("event")
    op.drop_table("correspondent")
    op.drop_table("ban")
    op.drop_table("audit")
    op.drop_table("account")
