"""Runs the server from its start until a signal, or a failure, stops it."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from queue import Empty, SimpleQueue

from app.access_log import EntryBudgets
from app.bootstrap.assembly import Core, assemble, wait_for_log
from app.bootstrap.database import claimed_database
from app.bootstrap.nodes import new_membership, receive_notification
from app.bootstrap.reload import install_reload_hooks, reload
from app.bootstrap.shell import Shell, start, stop
from app.clock import Clock
from app.commands.runtime import LoadSettings
from app.db.database import Database
from app.errors import ChatError, NodeLost
from app.events import Event, Kind
from app.greeting import greet
from app.log_output import QueuedHandler
from app.net.listeners import listen
from app.net.receive.receive_loop import ReceiveLoop
from app.net.send.flusher_pool import FlusherPool
from app.net.service_manager import ServiceManager
from app.process import (
    SPARE_DESCRIPTORS,
    ServerSignal,
    install_signal_handlers,
    raise_descriptor_limit,
    tune_garbage_collector,
)
from app.settings import LoadedSettings, ServerSettings
from app.text.sanitise import clean

STACK_BYTES = 256 * 1024  # per thread; there may be ten thousand reader threads
SIGNAL_POLL_SECONDS = 0.5  # interval of the check for SIGHUP, and of messages to systemd

logger = logging.getLogger(__name__)


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
        observe = _bind_metrics(settings, clock, resources)
        database = resources.enter_context(claimed_database(settings))
        membership = new_membership(settings, database, clock)
        core = assemble(settings, database, clock, load, membership, _commit_executor(database))
        receive = partial(receive_notification, core)
        resources.enter_context(closing(database.dialect.listen(database.url, receive)))
        wait_for_log(lambda: observe(core, flushers))
        install_reload_hooks(core.runtime, servers, log, manager)
        _run(core, Shell(servers, ReceiveLoop(settings.io_uring), flushers), loaded, manager)
    return 0


def _commit_executor(database: Database) -> Executor | None:
    """Return the thread that awaits commits of messages, or None if the engine awaits them."""
    return ThreadPoolExecutor(1, "commit") if database.dialect.commits_in_background else None


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


def _bind_metrics(
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


def _run(core: Core, shell: Shell, loaded: LoadedSettings[ServerSettings], manager: ServiceManager) -> None:
    """Start all threads, handle signals until the server stops, and stop the threads.

    Raises: ChatError when the server did not stop because of a signal.
    """
    stopping, reload_requested = threading.Event(), threading.Event()
    core.runtime.request_reload = reload_requested.set
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
        _reload_on_request(core, received, reload_requested)
    loss = core.engine.loss
    _announce_end(loss, manager)
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


def _reload_on_request(core: Core, received: ServerSignal | None, requested: threading.Event) -> None:
    """Reload the settings after a signal, or after a reload on another node."""
    if received is ServerSignal.RELOAD:
        reload(core, Event(Kind.REHASHED, nick=core.runtime.server_name))
    if requested.is_set():
        requested.clear()
        reload(core, None)


def _announce_end(loss: NodeLost | None, manager: ServiceManager) -> None:
    """Tell the service manager, and the terminal, that the server stops or starts again."""
    if loss is not None and loss.may_restart:
        manager.restarting()
        return
    manager.stopping()
    with suppress(OSError):  # the terminal may be closed
        print("Stopping.", flush=True)
