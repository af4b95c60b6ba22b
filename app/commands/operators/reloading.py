"""Reading the settings again while the server runs: REHASH, and SIGHUP.

Reading is slow work and happens on the thread of whoever wants it: `read`. Then, on the engine's, the settings are
exchanged as one value, and what depends on them follows: `follow`. What cannot be used changes nothing at all.

What the commands derive from settings is brought up to date by the steps in `_STEPS`, one after the other. Each is
given the desk, whose settings are the new ones, the batch, and the settings that held before. A step may tell
people what has changed for them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.commands.channels import usermodes
from app.commands.connect import capabilities, isupport
from app.commands.context import Context
from app.commands.errors import Refused
from app.commands.registry import command
from app.commands.runtime import Desk, Exchange
from app.engine.changeset import Batch
from app.engine.submission_unit import Task
from app.errors import ChatError
from app.events import Event, Kind
from app.services.rooms import founded
from app.settings import SERVER, Renewal, ServerSettings, renewed
from app.wire import numerics

logger = logging.getLogger(__name__)

Step = Callable[[Desk, Batch, ServerSettings], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """Settings that were read again, and what lets them hold outside the commands."""

    renewal: Renewal
    exchanges: list[Exchange]


@command(cost=5, writes=True, admin=True)
def rehash(ctx: Context) -> Task:
    """Read the settings again. What can change while the server runs does; what needs a restart is named.

    What cannot be read or used leaves everything as it was.
    """
    return ctx.later(lambda session: read(ctx.desk), _report, writes=True)


def _report(ctx: Context, found: Ready | ChatError) -> None:
    if not ctx.me.is_admin:
        raise Refused(numerics.ERR_NOPRIVILEGES)
    ctx.reply(numerics.RPL_REHASHING, SERVER.file)
    for line in follow(ctx.desk, ctx.batch, found, ctx.event(Kind.REHASHED)):
        ctx.notice(line)


def read(desk: Desk) -> Ready | ChatError:
    """Read the settings again and get ready for them, or return what speaks against them. Slow; on any thread."""
    try:
        renewal = renewed(desk.settings, desk.load())
        return Ready(renewal, [prepare(renewal.values) for prepare in desk.followers])
    except ChatError as error:
        return error


def follow(desk: Desk, batch: Batch, found: Ready | ChatError, event: Event) -> list[str]:
    """Let what was read hold from now on, and return what is to be said of it; the event says that it happened."""
    if isinstance(found, ChatError):
        logger.error("The settings stay as they were: %s", found.sentence)
        return ["The settings stay as they were.", *found.sentence.splitlines()]
    before, desk.settings = desk.settings, found.renewal.values
    for exchange in found.exchanges:
        exchange()
    for step in _STEPS:
        step(desk, batch, before)
    event.data |= {"changed": found.renewal.changed, "waiting": found.renewal.waiting}
    batch.emit(event)
    changes = list(_changes(found.renewal))
    logger.info("The settings were read again. %s", " ".join(changes))
    for warning in found.renewal.warnings:
        logger.warning("%s", warning)
    return [*(f"Warning: {warning}" for warning in found.renewal.warnings), *changes]


def _changes(renewal: Renewal) -> Iterator[str]:
    yield f"Changed: {_listed(renewal.changed)}." if renewal.changed else "No setting has changed."
    if renewal.waiting:
        yield f"Needs a restart: {_listed(renewal.waiting)}."


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(keys)


def _follow_limits(desk: Desk, batch: Batch, before: ServerSettings) -> None:
    """Be as patient as the settings say now, and keep as many messages for newcomers."""
    desk.throttles.follow(desk.settings)
    if desk.settings.replay != before.replay:
        desk.world.keep_recent(desk.settings.replay)


def _make_rooms(desk: Desk, batch: Batch, before: ServerSettings) -> None:
    """Make the rooms that everybody is in from now on, where there is none of the name."""
    for name in desk.settings.auto_join:
        if desk.world.find_room(name) is None:
            batch.emit(founded(desk.clock, desk.server, name))


def _retire_operators(desk: Desk, batch: Batch, before: ServerSettings) -> None:
    """Let those be administrators no longer who are it by a name that the settings do not know any more."""
    gone = before.operators.keys() - desk.settings.operators.keys()
    for user in list(desk.world.users.values()):
        if user.operator and user.operator_name in gone and not user.is_admin_by_account:
            usermodes.retire(desk, batch, user)


_STEPS: tuple[Step, ...] = (
    _follow_limits,
    _make_rooms,
    _retire_operators,
    isupport.renew,
    capabilities.renew,
)
