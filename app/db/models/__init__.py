"""The database tables as SQLAlchemy models.

The log (`EventRow`) is the source of truth. Most other tables are projections of its events, so
that the current state can be queried without reading history. The hash chain proves that the log
was not altered (`app.db.chain`). Instants are integers: milliseconds
since the Unix epoch.
"""

from app.db.models.accounts import (
    AccountMetadataRow,
    AccountRow,
    ApplicationRow,
    BanRow,
    CertificateRow,
    InvitationRow,
)
from app.db.models.chain import EventCommitmentRow, EventTombstoneRow, HashChainRow
from app.db.models.columns import Base
from app.db.models.conversations import CorrespondentRow, PrivateMetadataRow, ReadMarkerRow
from app.db.models.erasure import ErasureRow, ErasureSessionRow, FormerNameRow, NameReservationRow
from app.db.models.log import HAPPENED, SPOKEN, EventRow
from app.db.models.nodes import NodeRow
from app.db.models.people import (
    LastVisitRow,
    MembershipRow,
    RoomInvitationRow,
    RoomVisitRow,
    SessionMetadataRow,
    SessionNodeRow,
    SessionRow,
)
from app.db.models.retention import ExpiredHistoryRow, RoomRetentionRow
from app.db.models.rooms import RoomMaskRow, RoomMetadataRow, RoomRoleRow, RoomRow
from app.db.models.service import (
    UNFINISHED_EXPIRY,
    AuditRow,
    BackupRow,
    ImportMarkRow,
    ReplayStartRow,
    ServerSecretRow,
)

__all__ = [
    "HAPPENED",
    "SPOKEN",
    "UNFINISHED_EXPIRY",
    "AccountMetadataRow",
    "AccountRow",
    "ApplicationRow",
    "AuditRow",
    "BackupRow",
    "BanRow",
    "Base",
    "CertificateRow",
    "CorrespondentRow",
    "ErasureRow",
    "ErasureSessionRow",
    "EventCommitmentRow",
    "EventRow",
    "EventTombstoneRow",
    "ExpiredHistoryRow",
    "FormerNameRow",
    "HashChainRow",
    "ImportMarkRow",
    "InvitationRow",
    "LastVisitRow",
    "MembershipRow",
    "NameReservationRow",
    "NodeRow",
    "PrivateMetadataRow",
    "ReadMarkerRow",
    "ReplayStartRow",
    "RoomInvitationRow",
    "RoomMaskRow",
    "RoomMetadataRow",
    "RoomRetentionRow",
    "RoomRoleRow",
    "RoomRow",
    "RoomVisitRow",
    "ServerSecretRow",
    "SessionMetadataRow",
    "SessionNodeRow",
    "SessionRow",
]
