"""By which nick people are known: who is told that somebody has one, takes another, or has it no more.

Neighbours see it; beside them, those who watch a nick (MONITOR) are told whether anybody has it.
"""

from app.commands.context import Context
from app.commands.metadata.syncing import send_user_metadata
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.world.user import User
from app.events import Event, Kind
from app.wire.names import Key


def notify_online(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Tell those who watch a nick that somebody has it now."""
    _notify_monitors(changeset, user.key, Event(Kind.APPEARED, nick=runtime.server_name, text=user.source))
    for client in runtime.world.monitors.of(user.key):
        if client.knows_metadata:
            send_user_metadata(Context(runtime, changeset, client), user)


def notify_offline(runtime: Runtime, changeset: Changeset, key: Key, nick: str) -> None:
    """Tell those who watch a nick that nobody has it any more."""
    _notify_monitors(changeset, key, Event(Kind.VANISHED, nick=runtime.server_name, text=nick))


def change_nick(
    runtime: Runtime, changeset: Changeset, user: User, nick: str, author: Context | None = None
) -> None:
    """Let somebody be known by another nick; whoever asked for that themselves sees it among their answers."""
    key, before = user.key, user.nick
    events = user.everywhere(Kind.NICK, target=nick)
    if author is not None:
        author.send_event(events[0])
    changeset.emit_each(events, runtime.world.neighbours(user), author.client if author is not None else None)
    if user.key != key:
        notify_offline(runtime, changeset, key, before)
        notify_online(runtime, changeset, user)


def _notify_monitors(changeset: Changeset, key: Key, event: Event) -> None:
    watchers = changeset.world.monitors.of(key)
    if watchers:
        changeset.pass_on(event, Audience(watchers))
