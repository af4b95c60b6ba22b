"""The core of the server, without sockets: the world, the ledger, the commands and the engine."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from typing import TypeVar

from app.clock import Clock
from app.commands.connect.restart import resume_sessions
from app.commands.dispatcher import Dispatcher
from app.commands.pseudoclients import service_context
from app.commands.runtime import LoadSettings, Runtime
from app.commands.table import build_command_table
from app.db.database import Database
from app.engine.changeset import Changeset
from app.engine.cloak import new_cloak, uncloaked_host
from app.engine.delivery.hub import Hub
from app.engine.engine import Engine
from app.engine.limits.rate_limits import MAX_KEYS
from app.engine.limits.server_rate_limits import RateLimits
from app.engine.reducers.table import REDUCERS
from app.engine.restore import restore
from app.engine.world.world import World
from app.errors import LogBusy
from app.services.accounts.name_reservations import reservation_key
from app.services.ledger.ledger import Ledger
from app.services.nodes.membership import Membership
from app.services.nodes.nodes import find_delivery_progress
from app.services.rooms.rooms import official_room_event
from app.services.secrets import CLOAK_KEY, get_or_create_secret
from app.services.users.presence import load_recent_logins
from app.settings import LoadedSettings, ServerSettings, derive_prefix

LOG_WAIT_SECONDS = 5.0  # for other programs to release the log

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Core:
    """The server without sockets, as used by connections and tests."""

    runtime: Runtime
    dispatcher: Dispatcher
    engine: Engine


def assemble(
    settings: ServerSettings,
    database: Database,
    clock: Clock,
    load: LoadSettings | None = None,
    membership: Membership | None = None,
    background: Executor | None = None,
) -> Core:
    """Restore the world from a prepared database, and create the engine around it.

    `load` reads the settings again for a reload; without it, a reload changes nothing. With a
    `membership`, this server becomes one of several nodes on the database. With `background`, the
    engine does not wait for commits of messages; a thread of that executor does.

    Raises: DatabaseRefused when the settings do not fit those of the other nodes.
    """
    world = World(clock, settings.node, settings.replay, REDUCERS)
    service_context.add_pseudoclients(world, clock, derive_prefix(settings.servername))
    ledger = Ledger(database, clock, background)
    cloak_key = wait_for_log(lambda: _create_secrets(database, clock))
    ended = ledger.start(partial(restore, world))
    runtime = Runtime(
        commands=build_command_table(),
        settings=settings,
        world=world,
        database=database,
        ledger=ledger,
        clock=clock,
        server_name=derive_prefix(settings.servername),
        version=f"durable-chat-{find_version()}",
        started_at=clock.now(),
        serving_since=clock.now(),
        rate_limits=RateLimits.of(settings, clock),
        cloak=new_cloak(cloak_key) if settings.cloak else uncloaked_host,
        load_settings=load or (lambda: LoadedSettings(settings, (), [])),
    )
    dispatcher = Dispatcher(runtime)
    _resume(runtime, dispatcher, ended, membership)
    return Core(runtime, dispatcher, Engine(world, ledger, Hub(), dispatcher, clock))


@cache
def find_version() -> str:
    """Return the version of the package, which is read from its files."""
    return version("durable-chat")


def _resume(runtime: Runtime, dispatcher: Dispatcher, ended: set[int], membership: Membership | None) -> None:
    """Resume or end the restored sessions, and create the auto-join rooms.

    The first transaction adopts what was appended since the snapshot.
    """
    ledger = runtime.ledger
    changeset = Changeset(runtime.world, writable=True)
    for event in wait_for_log(ledger.open):
        dispatcher.apply_remote(changeset, event)
    changeset.run_follow_ups()
    progress = find_delivery_progress(ledger.connection, [runtime.settings.node])  # of an earlier run
    if membership is not None:
        changeset.emit(ledger.join(membership))
        runtime.serving_since, runtime.world.peak_users = membership.serving_since, membership.peak_users
    runtime.rate_limits.logins.restore_trusted(load_recent_logins(ledger.connection, MAX_KEYS))
    resume_sessions(runtime, changeset, ended, progress.delivered_until or None)
    for name in runtime.settings.auto_join:
        if not runtime.world.find_room(name):
            changeset.emit(official_room_event(runtime.clock, runtime.server_name, name))
    ledger.commit(changeset.events)


def _create_secrets(database: Database, clock: Clock) -> bytes:
    """Create the secrets of a new database; return the key from which shown hosts are derived."""
    with database.translated_errors(), database.locked() as connection:
        reservation_key(connection, clock)
        return get_or_create_secret(connection, clock, CLOAK_KEY)


def wait_for_log(action: Callable[[], T]) -> T:
    """Do what requires the log's lock; wait a few seconds while other programs hold it.

    Raises: LogBusy.
    """
    deadline = time.monotonic() + LOG_WAIT_SECONDS
    while True:
        try:
            return action()
        except LogBusy:
            if time.monotonic() >= deadline:
                raise
