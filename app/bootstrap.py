"""The composition root: the only file that knows every part. It starts and stops them in order."""

import logging
import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.clock import Clock
from app.commands import table  # noqa: F401
from app.commands.connect.restart import resume
from app.commands.dispatcher import Gate
from app.commands.operators import reloading
from app.commands.pseudoclients import service_context
from app.commands.runtime import Desk, Exchange, Load
from app.db import schema
from app.db.database import Database, url_of
from app.db.place import fault_of_place
from app.engine import reducers  # noqa: F401  declares what events change
from app.engine.changeset import Batch
from app.engine.cloak import Disguise, cloaked, host_of
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.delivery.sink import Nowhere
from app.engine.engine import Engine
from app.engine.rate_limits import Throttles
from app.engine.restore import restore, restore_people
from app.engine.submission_unit import Turn, Unit
from app.engine.throttle import REMEMBERED
from app.engine.world.world import World
from app.errors import ChatError, DatabaseRefused
from app.events import Event, Kind
from app.net.listeners import listen, refitted
from app.net.receive.connection import Inside
from app.net.receive.receive_loop import Intake
from app.net.send.flusher import Flusher
from app.net.server import ChatServer
from app.process import allow_descriptors, collect_seldom, heed_signals
from app.services.ledger import Ledger
from app.services.presence import homes
from app.services.rooms import founded
from app.services.secrets import CLOAK_KEY, kept_secret
from app.services.stats import accounts, messages, rooms
from app.settings import Loaded, ServerSettings, prefix_of

STACK_BYTES = 256 * 1024  # for each reader; ten thousand connections are ten thousand threads
ENGINE_SECONDS = 3.0  # the last batch may take so long
FLUSH_SECONDS = 1.0  # and the last bytes so long
SIGNAL_SECONDS = 0.5  # within which SIGHUP is heeded
SPARE_DESCRIPTORS = 300  # beside those of connections: the database, the log, the listeners, the flushers
EVERYWHERE = ("0.0.0.0", "::")  # addresses to listen on, and none to connect to

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Core:
    """The server without sockets: what tests drive, and what connections talk to."""

    desk: Desk
    gate: Gate
    engine: Engine


@dataclass(frozen=True, slots=True)
class Shell:
    """The sockets around the core: who accepts, who receives, who sends."""

    servers: list[ChatServer]
    intake: Intake
    flushers: list[Flusher]

    @property
    def has_failed(self) -> bool:
        """Whether one of its threads ended because of a mistake in the program."""
        return self.intake.has_failed or any(flusher.has_failed for flusher in self.flushers)


def assemble(settings: ServerSettings, database: Database, clock: Clock, load: Load | None = None) -> Core:
    """Put the engine together on a database that is ready, and restore the world.

    `load` reads the settings again; without it they stay as they are.
    """
    world = World(clock, settings.replay)
    service_context.seat(world, clock, prefix_of(settings.servername))
    ledger = Ledger(database, clock)
    ended = _restore(settings, world, ledger)
    desk = Desk(
        settings=settings,
        world=world,
        database=database,
        ledger=ledger,
        clock=clock,
        server=prefix_of(settings.servername),
        version=f"durable-chat-{version('durable-chat')}",
        started=clock.now(),
        throttles=Throttles.of(settings, clock),
        disguise=_disguise(settings, ledger, clock),
        load=load or (lambda: Loaded(settings, None, [])),
    )
    _go_on(desk, ended)
    gate = Gate(desk)
    return Core(desk, gate, Engine(world, ledger, Hub(), gate, clock))


def _restore(settings: ServerSettings, world: World, ledger: Ledger) -> set[int]:
    """Read the world from the tables. Returns the sessions of those who are in it though they were ended."""
    connection = ledger.open_at_end()
    restore(world, connection)
    ended = restore_people(world, connection, settings.node)
    ledger.commit([])
    return ended


def _go_on(desk: Desk, ended: set[int]) -> None:
    """End what a stop or a crash left open, and make the rooms everybody is in."""
    connection = desk.ledger.open_at_end()
    desk.throttles.guesses.trust_all(homes(connection, REMEMBERED))
    batch = Batch(desk.world, writable=True)
    resume(desk, batch, ended)
    for name in desk.settings.auto_join:
        if not desk.world.find_room(name):
            batch.emit(founded(desk.clock, desk.server, name))
    desk.ledger.commit(batch.events)


def _disguise(settings: ServerSettings, ledger: Ledger, clock: Clock) -> Disguise:
    """Return what makes addresses into the hosts that others see."""
    if not settings.cloak:
        return host_of
    key = kept_secret(ledger.open_at_end(), clock, CLOAK_KEY)
    ledger.commit([])
    return cloaked(key)


def serve(loaded: Loaded[ServerSettings], load: Load) -> int:
    """Run the server until it is told to stop. `load` reads the settings again. Returns the exit code.

    Raises: ChatError when it cannot start; nothing was changed then.
    """
    settings = loaded.values
    _begin_log(loaded)
    threading.stack_size(STACK_BYTES)
    allow_descriptors(settings.max_connections + SPARE_DESCRIPTORS)
    clock = Clock()
    flushers = [Flusher(number, clock, settings.io_uring) for number in range(settings.flushers)]
    with ExitStack() as held:
        servers = listen(settings, flushers)
        for server in servers:
            held.callback(server.server_close)
        tell_metrics_of = _metrics(settings, held)
        database = _database(settings, held)
        held.enter_context(closing(database.dialect.claim(database.engine, settings.node)))
        core = assemble(settings, database, clock, load)
        tell_metrics_of(core.engine, flushers)
        _run(core, Shell(servers, Intake(settings.io_uring), flushers))
    return 0


def _begin_log(loaded: Loaded[ServerSettings]) -> None:
    level = loaded.values.log_level.upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for warning in loaded.warnings:
        logger.warning("%s", warning)


def _metrics(settings: ServerSettings, held: ExitStack) -> Callable[[Engine, Sequence[Flusher]], None]:
    """Take the port for metrics, if the settings name one. Returns what lets them be told, once it is known whose."""
    if settings.metrics_port is None:
        return lambda engine, flushers: None
    from app.net.metrics import Endpoint  # here: it is off by default, and takes time to load

    endpoint = held.enter_context(closing(Endpoint(settings.metrics_ip, settings.metrics_port)))
    logger.info("Metrics are at http://%s:%d/metrics", settings.metrics_ip, endpoint.port)
    return endpoint.tell_of


def _database(settings: ServerSettings, held: ExitStack) -> Database:
    """Open the database, made or brought up to date if it has to be.

    Raises: ChatError when it cannot be used; not a byte of it was changed then.
    """
    database = held.enter_context(closing(Database(url_of(settings.dbname))))
    if fault := fault_of_place(database):
        raise DatabaseRefused(fault)
    copy = schema.prepare(database)
    if copy is not None:
        logger.warning("The database was upgraded; a copy of what it was is in %s", copy)
    return database


def _run(core: Core, shell: Shell) -> None:
    stopping, hangup = threading.Event(), threading.Event()
    heed_signals(stopping, hangup)
    core.desk.followers.append(lambda settings: _prepared(shell.servers, settings))
    collect_seldom()
    start(core, shell, stopping)
    for line in _greeting(core.desk, shell.servers):
        print(line, flush=True)
    while not stopping.wait(SIGNAL_SECONDS):
        if hangup.is_set():
            hangup.clear()
            _reload(core)
    with suppress(OSError):  # the terminal may be gone, which is why we stop
        print("Stopping.", flush=True)
    stop(core, shell)
    if core.engine.has_failed or shell.has_failed:
        raise ChatError("The server stopped because of a mistake in it; its log says which. Start it again.")


def _prepared(servers: list[ChatServer], settings: ServerSettings) -> Exchange:
    """Get what is beside the commands ready for other settings: the doors, the log, what the system allows."""
    refit = refitted(servers, settings)

    def exchange() -> None:
        refit()
        logging.getLogger().setLevel(settings.log_level.upper())
        allow_descriptors(settings.max_connections + SPARE_DESCRIPTORS)

    return exchange


def _reload(core: Core) -> None:
    """Read the settings again, on this thread, and let the engine go on with them."""
    found = reloading.read(core.desk)

    def follow(batch: Batch, client: Client) -> None:
        reloading.follow(core.desk, batch, found, Event(Kind.REHASHED, nick=core.desk.server))

    core.engine.submit(Unit(Client(Nowhere(), "", False, core.desk.clock.monotonic()), [Turn(follow)]))


def start(core: Core, shell: Shell, stopping: threading.Event) -> None:
    """Begin to serve, the innermost first. `stopping` is set when one of its threads cannot go on."""
    for flusher in shell.flushers:
        flusher.start(stopping.set)

    def wake() -> None:
        for flusher in shell.flushers:
            flusher.wake()
        for flusher in shell.flushers:
            flusher.let_catch_up()

    core.engine.start(wake, stopping.set)
    intake = shell.intake if shell.intake.start(stopping.set) else None
    for server in shell.servers:
        server.open(Inside(core.engine, core.desk, stopping, intake))


def stop(core: Core, shell: Shell) -> None:
    """Accept nobody any more, finish the last batch, tell everybody, send the last bytes."""
    for server in shell.servers:
        server.close()
    core.engine.stop(ENGINE_SECONDS)
    for flusher in shell.flushers:
        flusher.finish()
    for flusher in shell.flushers:
        flusher.join(FLUSH_SECONDS)
    shell.intake.finish()
    shell.intake.join(FLUSH_SECONDS)


def _greeting(desk: Desk, servers: list[ChatServer]) -> list[str]:
    """Return the few lines that tell whoever started the server what is there now."""
    settings = desk.settings
    ports = {server.door.name: server.port for server in servers}
    plain = ports.pop("IRC")
    host = platform.node() if settings.ip in EVERYWHERE else settings.ip
    with desk.database.reading() as session:
        counted = (
            _counted(rooms(session), "room"),
            _counted(accounts(session), "account"),
            _counted(messages(session), "message"),
        )
    others = "".join(f", with {name} on port {port}" for name, port in ports.items())
    return [
        f"{desk.network} ({desk.version}) listens on {settings.ip} port {plain}{others}.",
        f"Database {desk.database}: {', '.join(counted)}.",
        f"Join with: {_client()} -i {host} -p {plain}    or any IRC client: /connect {host} {plain}",
        "Stop with Ctrl-C.",
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _client() -> str:
    """Return how the client is called: by its path where the shell would not find it by its name."""
    beside = Path(sys.argv[0]).with_name("chat-client")
    if shutil.which(beside.name) or not beside.exists():
        return beside.name
    return min(str(beside), os.path.relpath(beside), key=len)
