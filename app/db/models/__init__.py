"""The tables, as SQLAlchemy models.

`EventRow` is the log and the only truth; every other table is what the events add up to, kept so that questions
about the present need not read the past. Instants are integers: milliseconds since the epoch, UTC.
"""

from app.db.models.accounts import Account, AccountMetadata, Application, BanRow, Certificate, InvitationRow
from app.db.models.columns import Base
from app.db.models.log import HAPPENED, SPOKEN, EventRow
from app.db.models.people import Membership, RoomStay, Session
from app.db.models.rooms import RoomMask, RoomMetadata, RoomRole, RoomRow
from app.db.models.service import Audit, ImportMark, ServerSecret
from app.db.models.talks import Correspondent, ReadMarker

__all__ = [
    "HAPPENED",
    "SPOKEN",
    "Account",
    "AccountMetadata",
    "Application",
    "Audit",
    "BanRow",
    "Base",
    "Certificate",
    "Correspondent",
    "EventRow",
    "ImportMark",
    "InvitationRow",
    "Membership",
    "ReadMarker",
    "RoomMask",
    "RoomMetadata",
    "RoomRole",
    "RoomRow",
    "RoomStay",
    "ServerSecret",
    "Session",
]
