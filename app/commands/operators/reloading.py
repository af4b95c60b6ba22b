"""Reading the settings again while the server runs: REHASH, and SIGHUP.

Reading is slow work and happens on the thread of whoever wants it: `read_settings`. Then, on the
engine's, the settings are exchanged as one value, and what depends on them follows: `apply_reload`.
What cannot be used changes nothing at all.
What the commands derive from settings is brought up to date by the steps in `_STEPS`, one after the
other. Each is given the desk, whose settings are the new ones, the batch, and the settings that
held before. A step may tell people what has changed for them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.commands.channels import usermodes
from app.commands.connect import capabilities, isupport
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.runtime import ApplySettings, Runtime
from app.engine.changeset import Changeset
from app.engine.submission_unit import SlowWork
from app.errors import ChatError
from app.events import Event, Kind
from app.services.rooms import official_room_event
from app.settings import SERVER, Renewal, ServerSettings, renewed
from app.wire import numerics

logger = logging.getLogger(__name__)

ReloadStep = Callable[[Runtime, Changeset, ServerSettings], None]


@dataclass(frozen=True, slots=True)
class PendingReload:
    """Settings that were read again, and what lets them hold outside the commands."""

    renewal: Renewal
    exchanges: list[ApplySettings]


@command(cost=5, writes=True, admin_only=True)
def rehash(ctx: Context) -> SlowWork:
    """Read the settings again. What can change while the server runs does; what needs a restart is named.

    What cannot be read or used leaves everything as it was.
    """
    return ctx.defer(lambda session: read_settings(ctx.runtime), _finish_rehash, writes=True)


def _finish_rehash(ctx: Context, found: PendingReload | ChatError) -> None:
    if not ctx.me.is_admin:
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    ctx.reply(numerics.RPL_REHASHING, SERVER.file)
    for line in apply_reload(ctx.runtime, ctx.changeset, found, ctx.event(Kind.REHASHED)):
        ctx.send_notice(line)


def read_settings(runtime: Runtime) -> PendingReload | ChatError:
    """Read the settings again and get ready for them, or return what speaks against them. Slow; on any thread."""
    try:
        renewal = renewed(runtime.settings, runtime.load_settings())
        return PendingReload(renewal, [prepare(renewal.values) for prepare in runtime.reload_hooks])
    except ChatError as error:
        return error


def apply_reload(
    runtime: Runtime, changeset: Changeset, found: PendingReload | ChatError, event: Event
) -> list[str]:
    """Let what was read hold from now on, and return what is to be said of it; the event says that it happened."""
    if isinstance(found, ChatError):
        logger.error("The settings stay as they were: %s", found.sentence)
        return ["The settings stay as they were.", *found.sentence.splitlines()]
    before, runtime.settings = runtime.settings, found.renewal.values
    for exchange in found.exchanges:
        exchange()
    for step in _STEPS:
        step(runtime, changeset, before)
    event.data |= {"changed": found.renewal.changed, "waiting": found.renewal.waiting}
    changeset.emit(event)
    changes = list(_describe_changes(found.renewal))
    logger.info("The settings were read again. %s", " ".join(changes))
    for warning in found.renewal.warnings:
        logger.warning("%s", warning)
    return [*(f"Warning: {warning}" for warning in found.renewal.warnings), *changes]


def _describe_changes(renewal: Renewal) -> Iterator[str]:
    yield f"Changed: {_listed(renewal.changed)}." if renewal.changed else "No setting has changed."
    if renewal.waiting:
        yield f"Needs a restart: {_listed(renewal.waiting)}."


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(keys)


def _apply_limits(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Be as patient as the settings say now, and keep as many messages for newcomers."""
    runtime.rate_limits.follow(runtime.settings)
    if runtime.settings.replay != before.replay:
        runtime.world.set_replay_limit(runtime.settings.replay)


def _create_auto_join_rooms(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Make the rooms that everybody is in from now on, where there is none of the name."""
    for name in runtime.settings.auto_join:
        if runtime.world.find_room(name) is None:
            changeset.emit(official_room_event(runtime.clock, runtime.server_name, name))


def _retire_removed_operators(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Let those be administrators no longer who are it by a name that the settings do not know any more."""
    gone = before.operators.keys() - runtime.settings.operators.keys()
    for user in list(runtime.world.users.values()):
        if user.operator and user.operator_name in gone and not user.is_admin_by_account:
            usermodes.revoke_admin(runtime, changeset, user)


_STEPS: tuple[ReloadStep, ...] = (
    _apply_limits,
    _create_auto_join_rooms,
    _retire_removed_operators,
    isupport.apply_settings,
    capabilities.apply_settings,
)
