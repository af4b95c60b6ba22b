"""The kinds of event.

Each comment lists the fields of `Event` that the kind uses besides those of its author, and in
brackets the class of its `data` in `app.events.data`. Kinds marked "not stored" are delivered but
never written to the log: each node derives them.
"""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of event; the values are stored in the log."""

    # Sessions. QUIT and NICK have one row for each of the session's rooms.
    CONNECTED = "connected"  # registration completed [ConnectedData]
    QUIT = "quit"  # the session ended; text: reason
    APPEARED = "appeared"  # a monitored nick came online; text: its source; not stored
    VANISHED = "vanished"  # a monitored nick went offline; text: the nick; not stored
    NICK = "nick"  # nick change; target: new nick
    USER_MODE = "user-mode"  # user mode change; target: nick; text: mode string
    HOST = "host"  # visible host change by an administrator; text: new host [HostData]
    REALNAME = "realname"  # text: new real name
    LOGGED_IN = "logged-in"  # login; account: the account logged in to
    LOGGED_OUT = "logged-out"  # logout
    AWAY = "away"  # text: away message, None on return
    DETACHED = "detached"  # a node lost the last device of a session that goes on [DetachedData]
    ATTACHED = "attached"  # a node has a session's first device, or other ones [AttachedData]
    KILLED = "killed"  # session ended by an administrator; target: nick; text: reason [KilledData]
    OPERED = "opered"  # OPER succeeded; target: operator name [OperData]
    OPER_REFUSED = "oper-refused"  # OPER failed; target: operator name, empty if unknown [OperData]

    # Rooms
    CREATED = "created"  # target: name [CreatedData]
    RENAMED = "renamed"  # target: old name; text: reason [RenamedData]
    DELETED = "deleted"  # target: name; text: reason [DeletedData]
    JOINED = "joined"  # [JoinedData]
    PARTED = "parted"  # text: reason
    KICKED = "kicked"  # target: nick; text: reason [KickedData]
    INVITED = "invited"  # target: nick [InvitedData]
    TOPIC = "topic"  # text: new topic, empty when cleared
    MODE = "mode"  # text: mode string [ModeData], secret: RoomKey
    RETENTION = "retention"  # how long the room's history is kept; target: room [RetentionData]

    # Messages, in a room or in a private conversation
    PRIVMSG = "privmsg"  # target: as addressed; text [MessageData]
    NOTICE = "notice"  # as PRIVMSG
    TAGMSG = "tagmsg"  # target: as addressed [MessageData]
    REDACTED = "redacted"  # target: room or nick; text: reason [RedactedData]
    MARKED = "marked"  # read marker moved; target: room or nick [MarkedData]

    # Metadata of a user or a room
    METADATA = "metadata"  # target: user or room; text: value, None if unset [MetadataChangeData]

    # What an account keeps about rooms and users; target: room or nick; text: value or None
    PRIVATE_METADATA = "private-metadata"  # [PrivateMetadataData]

    # Accounts and invitations; `account` is the name of the account
    REGISTERED = "registered"  # account created [RegisteredData], secret: PasswordHashes
    APPLIED = "applied"  # registration awaits verification [AppliedData], secret: Applicant
    ACCOUNT_CHANGED = "account-changed"  # [AccountChangedData], secret: PasswordHashes, if changed
    ACCOUNT_DELETED = "account-deleted"  # without its name; nick: the pseudonym [AccountDeletedData]
    ACCOUNT_RENAMED = "account-renamed"  # account: old name; target: new name [AccountRenamedData]
    CERTIFICATE_ADDED = "certificate-added"  # certificate bound to the account [CertificateData]
    CERTIFICATE_REMOVED = "certificate-removed"  # [CertificateData]
    INVITATION_MADE = "invitation-made"  # target: name of the invitation [InvitationData]
    INVITATION_REVOKED = "invitation-revoked"  # target: name of the invitation [RevokedData]

    # The server
    WALLOPS = "wallops"  # message to users with mode +w; text
    ANNOUNCED = "announced"  # notice to all users; text
    REHASHED = "rehashed"  # settings reloaded [RehashedData]
    BANNED = "banned"  # server ban added; target: mask; text: reason [BannedData]
    UNBANNED = "unbanned"  # server ban removed; target: mask [RevokedData]
    EXPIRED = "expired"  # history older than its retention was removed [ExpiredData]

    NODE_STARTED = "node-started"  # a server joined those on this database; target: its name [NodeData]
    NODE_ENDED = "node-ended"  # it left, or was declared dead; target: its name; text: reason
    NODE_DRAINED = "node-drained"  # it accepts no more connections; target: its name

    VOID = "void"  # placeholder for an event that could not be stored; keeps ids contiguous

    @classmethod
    def _missing_(cls, value: object) -> "Kind":
        """Treat a kind written by a newer version as VOID, which changes nothing."""
        return cls.VOID
