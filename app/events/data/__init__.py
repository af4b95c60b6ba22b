"""The data of each kind of event: one class for each kind that has data."""

from app.events.data.accounts import (
    AccountChangedData,
    AccountDeletedData,
    AccountRenamedData,
    AppliedData,
    CertificateData,
    InvitationData,
    RegisteredData,
)
from app.events.data.json_column import DATA_CLASSES, from_json, to_json
from app.events.data.messages import MarkedData, MessageData, RedactedData
from app.events.data.metadata import MetadataChangeData, PrivateMetadataData
from app.events.data.rooms import (
    CreatedData,
    DeletedData,
    InvitedData,
    JoinedData,
    KickedData,
    ModeData,
    ModeRow,
    RenamedData,
    RetentionData,
)
from app.events.data.server import BannedData, ExpiredData, NodeData, RehashedData, RevokedData
from app.events.data.sessions import (
    AttachedData,
    ConnectedData,
    DepartureData,
    DetachedData,
    DevicesData,
    HostData,
    KilledData,
    OperData,
)

__all__ = [
    "DATA_CLASSES",
    "AccountChangedData",
    "AccountDeletedData",
    "AccountRenamedData",
    "AppliedData",
    "AttachedData",
    "BannedData",
    "CertificateData",
    "ConnectedData",
    "CreatedData",
    "DeletedData",
    "DepartureData",
    "DetachedData",
    "DevicesData",
    "ExpiredData",
    "HostData",
    "InvitationData",
    "InvitedData",
    "JoinedData",
    "KickedData",
    "KilledData",
    "MarkedData",
    "MessageData",
    "MetadataChangeData",
    "ModeData",
    "ModeRow",
    "NodeData",
    "OperData",
    "PrivateMetadataData",
    "RedactedData",
    "RegisteredData",
    "RehashedData",
    "RenamedData",
    "RetentionData",
    "RevokedData",
    "from_json",
    "to_json",
]
