"""The reducer of each kind of event. Kinds without one leave the world unchanged."""

from collections.abc import Mapping

from app.engine.reducers import account_names, accounts, messages, metadata, nodes, rooms, users
from app.engine.world.world import Reducer
from app.events import Kind

REDUCERS: Mapping[Kind, Reducer] = {
    Kind.CONNECTED: users.connected,
    Kind.QUIT: users.quit_,
    Kind.NICK: users.nick,
    Kind.USER_MODE: users.user_mode,
    Kind.OPERED: users.opered,
    Kind.HOST: users.host,
    Kind.REALNAME: users.realname,
    Kind.LOGGED_IN: users.logged_in,
    Kind.LOGGED_OUT: users.logged_out,
    Kind.AWAY: users.away,
    Kind.DETACHED: users.detached,
    Kind.ATTACHED: users.attached,
    Kind.CREATED: rooms.created,
    Kind.RENAMED: rooms.renamed,
    Kind.DELETED: rooms.deleted,
    Kind.JOINED: rooms.joined,
    Kind.PARTED: rooms.parted,
    Kind.KICKED: rooms.kicked,
    Kind.INVITED: rooms.invited,
    Kind.TOPIC: rooms.topic,
    Kind.MODE: rooms.mode,
    Kind.RETENTION: rooms.retention,
    Kind.PRIVMSG: messages.message,
    Kind.NOTICE: messages.message,
    Kind.TAGMSG: messages.tagmsg,
    Kind.REDACTED: messages.redacted,
    Kind.MARKED: messages.marked,
    Kind.EXPIRED: messages.expired,
    Kind.METADATA: metadata.metadata,
    Kind.PRIVATE_METADATA: metadata.private_metadata,
    Kind.REGISTERED: accounts.registered,
    Kind.ACCOUNT_CHANGED: accounts.account_changed,
    Kind.ACCOUNT_DELETED: account_names.deleted,
    Kind.ACCOUNT_RENAMED: account_names.renamed,
    Kind.CERTIFICATE_ADDED: accounts.certificate_added,
    Kind.CERTIFICATE_REMOVED: accounts.certificate_removed,
    Kind.INVITATION_MADE: accounts.invitation_made,
    Kind.INVITATION_REVOKED: accounts.invitation_revoked,
    Kind.BANNED: accounts.banned,
    Kind.UNBANNED: accounts.unbanned,
    Kind.NODE_STARTED: nodes.started,
    Kind.NODE_ENDED: nodes.ended,
    Kind.NODE_DRAINED: nodes.drained,
}
