"""The composition root: creates all components, and starts and stops them in order."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import TypeVar

from app.access_log import EntryBudgets
from app.clock import Clock
from app.commands.connect.restart import resume_sessions
from app.commands.dispatcher import Dispatcher
from app.commands.operators import reloading
from app.commands.pseudoclients import service_context
from app.commands.runtime import ApplySettings, LoadSettings, Runtime
from app.commands.table import build_command_table
from app.db.database import Database, parse_database_url
from app.db.location import find_exposure, find_location_problem, require_usable_file
from app.db.migration import schema
from app.db.notifications import Channel
from app.db.transient import decode_transient
from app.engine.changeset import Changeset
from app.engine.cloak import new_cloak, uncloaked_host
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.delivery.sink import NullSink
from app.engine.engine import Engine
from app.engine.limits.rate_limits import MAX_KEYS
from app.engine.limits.server_rate_limits import RateLimits
from app.engine.reducers.table import REDUCERS
from app.engine.restore import restore
from app.engine.submission_unit import Callback, SubmissionUnit
from app.engine.world.world import World
from app.errors import ChatError, DatabaseRefused, LogBusy
from app.events import Event, Kind
from app.greeting import greet
from app.log_output import QueuedHandler
from app.net.listeners import listen, prepare_reload
from app.net.receive.connection import RECEIVE_LOOP_THRESHOLD_UNITS, ServerHandles
from app.net.receive.receive_loop import ReceiveLoop
from app.net.send.flusher_pool import FlusherPool
from app.net.server import ChatServer
from app.net.service_manager import ServiceManager
from app.process import (
    SPARE_DESCRIPTORS,
    ServerSignal,
    install_signal_handlers,
    raise_descriptor_limit,
    tune_garbage_collector,
)
from app.services.accounts.name_reservations import reservation_key
from app.services.ledger import Ledger
from app.services.nodes.membership import SHARED_SETTINGS, Membership, NodeProfile
from app.services.nodes.nodes import find_shown
from app.services.rooms.rooms import official_room_event
from app.services.secrets import CLOAK_KEY, get_or_create_secret
from app.services.users.presence import load_recent_logins
from app.settings import LoadedSettings, ServerSettings, derive_prefix
from app.text.sanitise import clean

STACK_BYTES = 256 * 1024  # per thread; there may be ten thousand reader threads
ENGINE_STOP_TIMEOUT_SECONDS = 3.0  # for the engine to finish its last batch
FLUSH_TIMEOUT_SECONDS = 1.0  # for the flushers to send the last bytes
START_WAIT_SECONDS = 5.0  # for other programs to release the log
SIGNAL_POLL_SECONDS = 0.5  # interval of the check for SIGHUP, and of messages to systemd

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Core:
    """The server without sockets, as used by connections and tests."""

    runtime: Runtime
    dispatcher: Dispatcher
    engine: Engine


@dataclass(frozen=True, slots=True)
class Shell:
    """The sockets around the core: listeners, receive loop and flushers."""

    servers: list[ChatServer]
    receive_loop: ReceiveLoop
    flushers: FlusherPool
    receive_loop_threshold: int = RECEIVE_LOOP_THRESHOLD_UNITS

    @property
    def has_failed(self) -> bool:
        """Whether an unexpected exception ended the receive loop or a flusher."""
        return self.receive_loop.has_failed or self.flushers.has_failed


def assemble(
    settings: ServerSettings,
    database: Database,
    clock: Clock,
    load: LoadSettings | None = None,
    membership: Membership | None = None,
) -> Core:
    """Restore the world from a prepared database, and create the engine around it.

    `load` reads the settings again for a reload; without it, a reload changes nothing. With a
    `membership`, this server becomes one of several nodes on the database.

    Raises: DatabaseRefused when the settings do not fit those of the other nodes.
    """
    world = World(clock, settings.node, settings.replay, REDUCERS)
    service_context.add_pseudoclients(world, clock, derive_prefix(settings.servername))
    ledger = Ledger(database, clock)
    cloak_key = _take_turn(lambda: _create_secrets(database, clock))
    ended = ledger.start(partial(restore, world))
    runtime = Runtime(
        commands=build_command_table(),
        settings=settings,
        world=world,
        database=database,
        ledger=ledger,
        clock=clock,
        server_name=derive_prefix(settings.servername),
        version=f"durable-chat-{version('durable-chat')}",
        started_at=clock.now(),
        rate_limits=RateLimits.of(settings, clock),
        cloak=new_cloak(cloak_key) if settings.cloak else uncloaked_host,
        load_settings=load or (lambda: LoadedSettings(settings, (), [])),
    )
    dispatcher = Dispatcher(runtime)
    _resume(runtime, dispatcher, ended, membership)
    return Core(runtime, dispatcher, Engine(world, ledger, Hub(), dispatcher, clock))


def _resume(runtime: Runtime, dispatcher: Dispatcher, ended: set[int], membership: Membership | None) -> None:
    """Resume or end the restored sessions, and create the auto-join rooms.

    The first transaction adopts what was appended since the snapshot.
    """
    ledger = runtime.ledger
    changeset = Changeset(runtime.world, writable=True)
    for event in _take_turn(ledger.open):
        dispatcher.apply_remote(changeset, event)
    changeset.run_follow_ups()
    heard = find_shown(ledger.connection, [runtime.settings.node])[1] or None  # by an earlier run
    if membership is not None:
        changeset.emit(ledger.join(membership))
    runtime.rate_limits.logins.restore_trusted(load_recent_logins(ledger.connection, MAX_KEYS))
    resume_sessions(runtime, changeset, ended, heard)
    for name in runtime.settings.auto_join:
        if not runtime.world.find_room(name):
            changeset.emit(official_room_event(runtime.clock, runtime.server_name, name))
    ledger.commit(changeset.events)


def _create_secrets(database: Database, clock: Clock) -> bytes:
    """Create the secrets of a new database; return the key from which shown hosts are derived."""
    with database.translated_errors(), database.locked() as connection:
        reservation_key(connection, clock)
        return get_or_create_secret(connection, clock, CLOAK_KEY)


def _take_turn(action: Callable[[], T]) -> T:
    """Do what requires the log's lock; wait a few seconds while other programs hold it.

    Raises: LogBusy.
    """
    deadline = time.monotonic() + START_WAIT_SECONDS
    while True:
        try:
            return action()
        except LogBusy:
            if time.monotonic() >= deadline:
                raise


def serve(loaded: LoadedSettings[ServerSettings], load: LoadSettings) -> int:
    """Run the server until a signal stops it, and return the exit code.

    `load` reads the settings again for a reload.

    Raises: ChatError when the server cannot start; the database is then unchanged.
    """
    settings = loaded.values
    threading.stack_size(STACK_BYTES)
    log = _configure_logging(loaded)
    raise_descriptor_limit(settings.max_connections + SPARE_DESCRIPTORS)
    clock = Clock()
    manager = ServiceManager(os.environ, clock)
    flushers = FlusherPool(settings.flushers, clock, settings.io_uring)
    with ExitStack() as resources:
        servers = listen(settings, flushers)
        for server in servers:
            resources.callback(server.server_close)
        observe = _metrics(settings, clock, resources)
        database = _database(settings, resources)
        resources.enter_context(closing(database.dialect.claim_node(database.engine, settings.node)))
        if database.dialect.has_nodes:  # a newer version may have upgraded it until the claim
            schema.require_own_database(database)  # on SQLite, this would release the locks of the process
        if exposure := find_exposure(database):
            logger.warning("%s", exposure)
        core = assemble(settings, database, clock, load, _membership(settings, database, clock))
        hear = partial(_hear, core)
        resources.enter_context(closing(database.dialect.listen(database.url, hear)))
        _take_turn(lambda: observe(core, flushers))
        core.runtime.reload_hooks.append(lambda settings: _prepare_settings(servers, log, settings))
        core.runtime.reload_started = manager.reloading
        core.runtime.reload_finished = manager.ready
        _run(core, Shell(servers, ReceiveLoop(settings.io_uring), flushers), loaded, manager)
    return 0


def _configure_logging(loaded: LoadedSettings[ServerSettings]) -> QueuedHandler:
    """Log to standard error as the settings say; return the handler, whose format may change."""
    handler = QueuedHandler()
    handler.addFilter(EntryBudgets())
    handler.set_format(loaded.values.log_format)
    logging.basicConfig(level=loaded.values.log_level.upper(), handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for warning in loaded.warnings:
        logger.warning("%s", warning)
    return handler


def _metrics(
    settings: ServerSettings, clock: Clock, resources: ExitStack
) -> Callable[[Core, FlusherPool], object]:
    """Bind the metrics port if configured; return the function that starts serving metrics."""
    if settings.metrics_port is None:
        return lambda core, flushers: None
    from app.net.monitoring.endpoint import MonitoringEndpoint  # imported lazily: slow, and off by default

    endpoint = MonitoringEndpoint(settings.metrics_ip, settings.metrics_port, clock)
    resources.enter_context(closing(endpoint))
    logger.info("Serving metrics at http://%s:%d/metrics", settings.metrics_ip, endpoint.port)
    return lambda core, flushers: endpoint.observe(core.runtime, core.engine, flushers)


def _membership(settings: ServerSettings, database: Database, clock: Clock) -> Membership | None:
    """Return the membership of this server among the nodes, or None if there can be no others."""
    if not database.dialect.has_nodes:
        return None
    shared = settings.model_dump(mode="json", include=SHARED_SETTINGS)
    profile = NodeProfile(settings.node, version("durable-chat"), shared, settings.node_lease)
    return Membership(profile, clock, database.dialect.now)


def _hear(core: Core, channel: Channel, payload: str) -> None:
    """Pass a notification of another server on to the engine."""
    try:
        if channel is Channel.LOG:
            core.engine.notifications.announce(int(payload))
        else:
            node, event = decode_transient(payload)
            if node != core.runtime.settings.node:
                core.engine.notifications.add(event)
    except (TypeError, ValueError):
        logger.warning("Ignored a notification that is not one of a chat server: %.80s", payload)


def _database(settings: ServerSettings, resources: ExitStack) -> Database:
    """Open the database, and create or upgrade its schema if necessary.

    Raises: ChatError when the database cannot be used; it is then unchanged.
    """
    database = resources.enter_context(closing(Database(parse_database_url(settings.dbname))))
    if problem := find_location_problem(database):
        raise DatabaseRefused(problem)
    with require_usable_file(database):
        backup = schema.prepare_database(database)
    if backup is not None:
        logger.warning("The database was upgraded; a backup of the previous version is in %s", backup)
    return database


def _run(core: Core, shell: Shell, loaded: LoadedSettings[ServerSettings], manager: ServiceManager) -> None:
    stopping, elsewhere = threading.Event(), threading.Event()
    core.runtime.request_reload = elsewhere.set
    signals = install_signal_handlers()
    tune_garbage_collector()
    start(core, shell, stopping)
    manager.ready()
    for line in greet(core.runtime, shell.servers, loaded):
        print(clean(line), flush=True)
    while not stopping.is_set():
        received = _wait_for_signal(signals)
        manager.update(core.engine.status())
        if received is ServerSignal.STOP:
            break
        if received is ServerSignal.RELOAD:
            _reload(core, Event(Kind.REHASHED, nick=core.runtime.server_name))
        if elsewhere.is_set():
            elsewhere.clear()
            _reload(core, None)
    loss = core.engine.loss
    if loss is not None and loss.may_restart:
        manager.restarting()
    else:
        manager.stopping()
        with suppress(OSError):  # the terminal may be closed
            print("Stopping.", flush=True)
    stop(core, shell)
    if loss is not None:
        raise loss
    if core.engine.has_failed or shell.has_failed:
        raise ChatError("The server stopped because of an internal error; see the log, and restart it.")


def _wait_for_signal(signals: "SimpleQueue[ServerSignal]") -> ServerSignal | None:
    """Return the next signal, or None if there is none for a while."""
    try:
        return signals.get(timeout=SIGNAL_POLL_SECONDS)
    except Empty:
        return None


def _prepare_settings(
    servers: list[ChatServer], log: QueuedHandler, settings: ServerSettings
) -> ApplySettings:
    """Prepare to apply new settings, and return the function that applies them."""
    apply_listeners = prepare_reload(servers, settings)

    def apply() -> None:
        apply_listeners()
        logging.getLogger().setLevel(settings.log_level.upper())
        log.set_format(settings.log_format)
        raise_descriptor_limit(settings.max_connections + SPARE_DESCRIPTORS)

    return apply


def _reload(core: Core, event: Event | None) -> None:
    """Read the settings on this thread, and apply them on the engine's thread.

    `event` is None if another node has emitted it.
    """
    found = reloading.read_settings(core.runtime)

    def apply(changeset: Changeset, client: Client) -> None:
        reloading.apply_reload(core.runtime, changeset, found, event)

    core.engine.submit(
        SubmissionUnit(Client(NullSink(), "", False, core.runtime.clock.monotonic()), [Callback(apply)])
    )


def start(core: Core, shell: Shell, stopping: threading.Event) -> None:
    """Start all threads, flushers first. `stopping` is set if a thread fails."""
    shell.flushers.start(stopping.set)
    core.engine.start(shell.flushers, stopping.set)
    receive_loop = shell.receive_loop if shell.receive_loop.start(stopping.set) else None
    handles = ServerHandles(core.engine, core.runtime, stopping, receive_loop, shell.receive_loop_threshold)
    for server in shell.servers:
        server.open(handles)


def stop(core: Core, shell: Shell) -> None:
    """Stop accepting connections, finish the last batch, disconnect clients and flush queues."""
    for server in shell.servers:
        server.close()
    core.engine.stop(ENGINE_STOP_TIMEOUT_SECONDS)
    shell.flushers.finish()
    shell.flushers.join(FLUSH_TIMEOUT_SECONDS)
    shell.receive_loop.finish()
    shell.receive_loop.join(FLUSH_TIMEOUT_SECONDS)
