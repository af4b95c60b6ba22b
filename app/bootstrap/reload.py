"""Applies changed settings to a running server."""

import logging
from functools import partial

from app.bootstrap.assembly import Core
from app.bootstrap.nodes import prepare_shared_settings
from app.commands.operators import reloading
from app.commands.runtime import ApplySettings, Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.sink import NullSink
from app.engine.submission_unit import Callback, SubmissionUnit
from app.events import Event
from app.log_output import QueuedHandler
from app.net.listeners import prepare_reload
from app.net.server import ChatServer
from app.net.service_manager import ServiceManager
from app.process import SPARE_DESCRIPTORS, raise_descriptor_limit
from app.settings import ServerSettings


def install_reload_hooks(
    runtime: Runtime, servers: list[ChatServer], log: QueuedHandler, manager: ServiceManager
) -> None:
    """Make a reload also change the listeners, the log, the descriptor limit and the node's row."""
    runtime.reload_hooks.append(partial(_prepare_settings, servers, log))
    runtime.reload_hooks.append(partial(prepare_shared_settings, runtime))
    runtime.reload_started = manager.reloading
    runtime.reload_finished = manager.ready


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


def reload(core: Core, event: Event | None) -> None:
    """Read the settings on this thread, and apply them on the engine's thread.

    `event` is None if another node has emitted it.
    """
    found = reloading.read_settings(core.runtime)

    def apply(changeset: Changeset, client: Client) -> None:
        reloading.apply_reload(core.runtime, changeset, found, event)

    core.engine.submit(
        SubmissionUnit(Client(NullSink(), "", False, core.runtime.clock.monotonic()), [Callback(apply)])
    )
