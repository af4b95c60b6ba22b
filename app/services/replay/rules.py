"""Which columns of which tables can be derived from the log.

What is not listed is in no event: secrets (password hashes, e-mail addresses, the keys of rooms and
of cloaks), the marks of an import, the entries that `chat-admin` makes in the audit log, the list
of backups, and where the history of rooms and conversations begins since older events were
removed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.db.models import (
    AccountMetadataRow,
    AccountRow,
    ApplicationRow,
    BanRow,
    Base,
    CertificateRow,
    CorrespondentRow,
    InvitationRow,
    LastVisitRow,
    MembershipRow,
    PrivateMetadataRow,
    ReadMarkerRow,
    RoomInvitationRow,
    RoomMaskRow,
    RoomMetadataRow,
    RoomRetentionRow,
    RoomRoleRow,
    RoomRow,
    RoomVisitRow,
    SessionMetadataRow,
    SessionNodeRow,
    SessionRow,
)
from app.events import Kind


@dataclass(frozen=True, slots=True)
class DerivedTable:
    """A table derived from the log: all its columns except the secret ones.

    Of an `optional_secrets` column, only whether it has a value can be derived. `accumulated`
    columns depend on all earlier events, and so does the table after an event of `moved_by`: they
    can be derived only if the log is complete.
    """

    model: type[Base]
    secrets: frozenset[str] = frozenset()
    optional_secrets: frozenset[str] = frozenset()
    accumulated: frozenset[str] = frozenset()
    moved_by: frozenset[Kind] = frozenset()

    @property
    def name(self) -> str:
        """The name of the table."""
        return str(self.model.__tablename__)

    @property
    def keys(self) -> list[str]:
        """The columns of the primary key."""
        return [column.name for column in self.model.__table__.primary_key]

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yield each column that is compared, outside the key, and its SQL expression.

        The expression has a placeholder `{row}` for the alias of the table.
        """
        for column in self.model.__table__.columns:
            if column.name in self.optional_secrets:
                yield column.name, f'({{row}}."{column.name}" IS NULL)'
            elif not column.primary_key and column.name not in self.secrets:
                yield column.name, f'{{row}}."{column.name}"'


_MOVES = frozenset({Kind.RENAMED, Kind.DELETED})  # which change what the members of a room keep

DERIVED_TABLES = (
    DerivedTable(AccountRow, frozenset({"password_hash", "scram", "email"})),
    DerivedTable(ApplicationRow, frozenset({"password_hash", "scram", "email", "digest"})),
    DerivedTable(InvitationRow),
    DerivedTable(CertificateRow),
    DerivedTable(BanRow),
    DerivedTable(AccountMetadataRow),
    DerivedTable(RoomRow, optional_secrets=frozenset({"password"}), accumulated=frozenset({"modes"})),
    DerivedTable(RoomRoleRow),
    DerivedTable(RoomMaskRow),
    DerivedTable(RoomMetadataRow),
    DerivedTable(RoomRetentionRow),
    DerivedTable(SessionRow),
    DerivedTable(SessionNodeRow),
    DerivedTable(SessionMetadataRow),
    DerivedTable(MembershipRow),
    DerivedTable(RoomInvitationRow),
    DerivedTable(RoomVisitRow, accumulated=frozenset({"since", "at"})),
    DerivedTable(LastVisitRow, accumulated=frozenset({"until"})),
    DerivedTable(CorrespondentRow),
    DerivedTable(ReadMarkerRow, moved_by=_MOVES),
    DerivedTable(PrivateMetadataRow, moved_by=_MOVES),
)
