"""By which nick people are known: who is told that somebody has one, takes another, or has it no more.

Neighbours see it; beside them, those who watch a nick (MONITOR) are told whether anybody has it.
"""

from app.commands.context import Context
from app.commands.metadata.syncing import tell_person
from app.commands.runtime import Desk
from app.engine.changeset import Batch
from app.engine.delivery.audience import Audience
from app.engine.world.user import User
from app.events import Event, Kind
from app.wire.names import Key


def appear(desk: Desk, batch: Batch, user: User) -> None:
    """Tell those who watch a nick that somebody has it now."""
    _tell_watchers(batch, user.key, Event(Kind.APPEARED, nick=desk.server, text=user.source))
    for client in desk.world.watches.of(user.key):
        if client.knows_metadata:
            tell_person(Context(desk, batch, client), user)


def vanish(desk: Desk, batch: Batch, key: Key, nick: str) -> None:
    """Tell those who watch a nick that nobody has it any more."""
    _tell_watchers(batch, key, Event(Kind.VANISHED, nick=desk.server, text=nick))


def change_nick(desk: Desk, batch: Batch, user: User, nick: str, author: Context | None = None) -> None:
    """Let somebody be known by another nick; whoever asked for that themselves sees it among their answers."""
    key, before = user.key, user.nick
    events = user.everywhere(Kind.NICK, target=nick)
    if author is not None:
        author.show(events[0])
    batch.emit_each(events, desk.world.neighbours(user), author.client if author is not None else None)
    if user.key != key:
        vanish(desk, batch, key, before)
        appear(desk, batch, user)


def _tell_watchers(batch: Batch, key: Key, event: Event) -> None:
    watchers = batch.world.watches.of(key)
    if watchers:
        batch.pass_on(event, Audience(watchers))
