"""The tables, as SQLAlchemy models.

`EventRow` is the log and the only truth; every other table is what the events add up to, kept so that questions
about the present need not read the past. Instants are integers: milliseconds since the epoch, UTC.
"""

from app.db.models.accounts import (
    AccountMetadataRow,
    AccountRow,
    ApplicationRow,
    BanRow,
    CertificateRow,
    InvitationRow,
)
from app.db.models.columns import Base
from app.db.models.conversations import CorrespondentRow, ReadMarkerRow
from app.db.models.log import HAPPENED, SPOKEN, EventRow
from app.db.models.people import MembershipRow, RoomVisitRow, SessionRow
from app.db.models.rooms import RoomMaskRow, RoomMetadataRow, RoomRoleRow, RoomRow
from app.db.models.service import AuditRow, ImportMarkRow, ServerSecretRow

__all__ = [
    "HAPPENED",
    "SPOKEN",
    "AccountMetadataRow",
    "AccountRow",
    "ApplicationRow",
    "AuditRow",
    "BanRow",
    "Base",
    "CertificateRow",
    "CorrespondentRow",
    "EventRow",
    "ImportMarkRow",
    "InvitationRow",
    "MembershipRow",
    "ReadMarkerRow",
    "RoomMaskRow",
    "RoomMetadataRow",
    "RoomRoleRow",
    "RoomRow",
    "RoomVisitRow",
    "ServerSecretRow",
    "SessionRow",
]
