"""Reload of the settings while the server runs: REHASH and SIGHUP.

`read_settings` is slow and runs on the thread of the caller. `apply_reload` then runs on the
engine's thread: it replaces the settings as one value and updates the state derived from them. If
the settings are invalid, nothing changes.

State that commands derive from settings is updated by `_STEPS`, in order. Each step gets the
runtime with the new settings, the changeset, and the old settings. A step may notify clients
of changes.
"""

import logging
from collections.abc import Callable, Iterator
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
from app.events.data import RehashedData
from app.services.retention.policies import RetentionDefaults, describe_defaults
from app.services.rooms.rooms import official_room_event
from app.settings import SERVER, ServerSettings, SettingsUpdate, compute_update
from app.wire import numerics

logger = logging.getLogger(__name__)

ReloadStep = Callable[[Runtime, Changeset, ServerSettings], None]


@dataclass(frozen=True, slots=True)
class PendingReload:
    """Settings that were read but not yet applied, with the functions of the reload hooks."""

    update: SettingsUpdate
    apply_functions: list[ApplySettings]


@command(cost=5, writes=True, admin_only=True)
def rehash(ctx: Context) -> SlowWork:
    """Reload the settings, and list those that changed and those that need a restart.

    If the settings are invalid, nothing changes.
    """
    return ctx.defer(lambda session: read_settings(ctx.runtime), _finish_rehash, writes=True)


def _finish_rehash(ctx: Context, found: PendingReload | ChatError) -> None:
    if not ctx.me.is_admin:
        ctx.runtime.reload_finished()
        raise NumericError(numerics.ERR_NOPRIVILEGES)
    ctx.reply(numerics.RPL_REHASHING, SERVER.file)
    for line in apply_reload(ctx.runtime, ctx.changeset, found, ctx.event(Kind.REHASHED)):
        ctx.send_notice(line)


def read_settings(runtime: Runtime) -> PendingReload | ChatError:
    """Read the settings and prepare to apply them. Slow; may run on any thread."""
    runtime.reload_started()
    try:
        update = compute_update(runtime.settings, runtime.load_settings())
        return PendingReload(update, [prepare(update.values) for prepare in runtime.reload_hooks])
    except ChatError as error:
        return error


def apply_reload(
    runtime: Runtime, changeset: Changeset, found: PendingReload | ChatError, event: Event | None
) -> list[str]:
    """Apply the settings, emit `event`, and return the report lines; an error changes nothing.

    `event` is None if another node has emitted it: this node then announces nothing.
    """
    try:
        if isinstance(found, ChatError):
            logger.error("The settings were not reloaded: %s", " ".join(found.sentence.splitlines()))
            return ["The settings were not reloaded.", *found.sentence.splitlines()]
        return _apply(runtime, changeset, found, event)
    finally:
        runtime.reload_finished()


def _apply(runtime: Runtime, changeset: Changeset, found: PendingReload, event: Event | None) -> list[str]:
    before, runtime.settings = runtime.settings, found.update.values
    for apply in found.apply_functions:
        apply()
    for step in _STEPS:
        step(runtime, changeset, before)
    if event is not None:
        _announce_retention(runtime, changeset, before)
        event.data = RehashedData(found.update.changed, found.update.pending_restart, tags=event.tags)
        changeset.emit(event)
    changes = list(_describe_changes(found.update))
    logger.info("The settings were reloaded. %s", " ".join(changes))
    for warning in found.update.warnings:
        logger.warning("%s", warning)
    return [*(f"Warning: {warning}" for warning in found.update.warnings), *changes]


def _describe_changes(update: SettingsUpdate) -> Iterator[str]:
    yield f"Changed: {', '.join(update.changed)}." if update.changed else "No settings changed."
    if update.pending_restart:
        yield f"Needs a restart: {', '.join(update.pending_restart)}."


def _apply_limits(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    runtime.rate_limits.configure(runtime.settings)
    if runtime.settings.replay != before.replay:
        runtime.world.set_replay_limit(runtime.settings.replay)


def _create_auto_join_rooms(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    for name in runtime.settings.auto_join:
        if runtime.world.find_room(name) is None:
            changeset.emit(official_room_event(runtime.clock, runtime.server_name, name))


def _revoke_removed_operators(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Revoke OPER from users whose operator name is no longer in the settings."""
    removed = before.operators.keys() - runtime.settings.operators.keys()
    for user in list(runtime.world.users.values()):
        if user.operator and user.operator_name in removed and not user.is_admin_by_account:
            usermodes.revoke_admin(runtime, changeset, user)


def _announce_retention(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Tell all users when history is kept longer or shorter than before."""
    defaults = RetentionDefaults.of(runtime.settings)
    if defaults != RetentionDefaults.of(before):
        text = describe_defaults(defaults)
        changeset.emit(Event(Kind.ANNOUNCED, nick=runtime.server_name, text=text))


_STEPS: tuple[ReloadStep, ...] = (
    _apply_limits,
    _create_auto_join_rooms,
    _revoke_removed_operators,
    isupport.apply_settings,
    capabilities.apply_settings,
)
