"""Listens for the notifications that other servers send when they append to the log."""

import logging
from collections.abc import Callable
from threading import Event, Thread

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.db.notifications import Channel
from app.threads import name_thread

POLL_SECONDS = 0.5  # how often the thread checks whether to stop
RECONNECT_SECONDS = 1.0  # after a lost connection; until then, the engine polls the log

logger = logging.getLogger(__name__)


class Listener:
    """A thread with a connection of its own, on which it waits for notifications.

    It calls `hear` with the channel and the payload of each notification of another server. To
    PostgreSQL, this server is a listener like the others. Its own notifications come from the
    session with the process id that `get_own_pid` returns, and are skipped, because the engine need
    not wake up for them. One sent just before a reconnect is not skipped, which does no harm.

    Notifications sent while there is no connection are lost.
    """

    def __init__(
        self, engine: Engine, hear: Callable[[Channel, str], None], get_own_pid: Callable[[], int | None]
    ) -> None:
        self._engine = engine
        self._hear = hear
        self._get_own_pid = get_own_pid
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        name_thread("listener")
        while not self._stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, DBAPIError) as error:
                logger.info("No connection to listen for other servers: %s", error)
                self._stopping.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for channel in Channel:
                connection.exec_driver_sql(f"LISTEN {channel.value}")
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            while not self._stopping.is_set():
                for notification in driver.notifies(timeout=POLL_SECONDS):
                    self._pass_on(notification)

    def _pass_on(self, notification: psycopg.Notify) -> None:
        if notification.pid != self._get_own_pid():
            self._hear(Channel(notification.channel), notification.payload)
