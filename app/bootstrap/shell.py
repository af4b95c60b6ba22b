"""The sockets around the core, and the order in which all threads start and stop."""

import threading
from dataclasses import dataclass

from app.bootstrap.assembly import Core
from app.net.receive.connection import RECEIVE_LOOP_THRESHOLD_UNITS, ServerHandles
from app.net.receive.receive_loop import ReceiveLoop
from app.net.send.flusher_pool import FlusherPool
from app.net.server import ChatServer

ENGINE_STOP_TIMEOUT_SECONDS = 3.0  # for the engine to finish its last batch
FLUSH_TIMEOUT_SECONDS = 1.0  # for the flushers to send the last bytes


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
