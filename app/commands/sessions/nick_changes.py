"""Nick changes, and online and offline notifications for MONITOR (IRCv3 monitor)."""

from app.commands.context import Context
from app.commands.metadata.syncing import send_user_metadata
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.world.user import User
from app.events import Event, Kind
from app.wire.names import Key, fold


def notify_online(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Notify clients that monitor a user's nick that it is online."""
    _notify_monitors(changeset, user.key, Event(Kind.APPEARED, nick=runtime.server_name, text=user.source))
    for client in runtime.world.monitors.of(user.key):
        if client.knows_metadata:
            send_user_metadata(Context(runtime, changeset, client), user)


def notify_offline(runtime: Runtime, changeset: Changeset, key: Key, nick: str) -> None:
    """Notify clients that monitor a nick that it is offline."""
    _notify_monitors(changeset, key, Event(Kind.VANISHED, nick=runtime.server_name, text=nick))


def change_nick(
    runtime: Runtime, changeset: Changeset, user: User, nick: str, author: Context | None = None
) -> None:
    """Change a user's nick; `author` is the context of the user's own NICK command, if any."""
    before = user.nick
    events = user.make_room_events(Kind.NICK, target=nick)
    if author is not None:
        author.send_event(events[0])
    changeset.emit_each(events, author.client if author is not None else None)
    notify_nick_change(runtime, changeset, user, before)


def notify_nick_change(runtime: Runtime, changeset: Changeset, user: User, before: str) -> None:
    """Notify clients that monitor the new nick of a user, or the one before."""
    if user.key != fold(before):
        notify_offline(runtime, changeset, fold(before), before)
        notify_online(runtime, changeset, user)


def _notify_monitors(changeset: Changeset, key: Key, event: Event) -> None:
    monitoring = changeset.world.monitors.of(key)
    if monitoring:
        changeset.derive(event, Audience(monitoring))
