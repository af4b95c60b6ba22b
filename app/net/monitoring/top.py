"""The figures of `chat-admin top`: the state of the server, its slowest clients and busiest rooms.

They contain no address and name no secret room, but they do name users and rooms. Therefore they
require a token, which all servers on a database share and keep there (`services.secrets`): only
those who may read the database may read them. Metrics, which may be open to a network, name
neither.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from heapq import nlargest

from app.clock import to_iso
from app.commands.runtime import Runtime
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.net.monitoring.health import Health, Readiness
from app.net.monitoring.route import Reply, json_reply
from app.net.send.flusher_pool import FlusherPool
from app.net.send.outbox import Outbox

MAX_ENTRIES = 5  # clients, and rooms


@dataclass(frozen=True, slots=True)
class SlowClient:
    """A client with unsent bytes; its nick is None if it is not registered."""

    nick: str | None
    bytes: int


@dataclass(frozen=True, slots=True)
class BusyRoom:
    """A room with messages in the last seconds; its name is None if it is secret."""

    name: str | None
    members: int
    messages_per_second: float


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """One sample. Counts of messages, events, batches and deliveries are those since the start."""

    version: str
    time: str
    uptime_seconds: float
    readiness: Readiness
    connections: int
    users: int
    rooms: int
    waiting_units: int
    outbox_bytes: int
    messages: int
    events: int
    batches: int
    deliveries: int
    evictions: int
    failed_commits: int
    commit_seconds: float
    commit_buckets: list[int]
    commit_bounds: list[float]
    slowest_clients: list[SlowClient]
    busiest_rooms: list[BusyRoom]


class TopFigures:
    """Answers `/top`."""

    def __init__(self, runtime: Runtime, engine: Engine, flushers: FlusherPool, health: Health) -> None:
        self._runtime = runtime
        self._engine = engine
        self._flushers = flushers
        self._health = health

    def reply(self) -> Reply:
        """Return a sample as an HTTP response."""
        return json_reply(asdict(self.sample()))

    def sample(self) -> ServerFigures:
        """Take a sample, which is not an atomic snapshot."""
        world, meter, now = self._engine.world, self._engine.meter, self._runtime.clock.now()
        *buckets, (_, batches) = meter.commits.cumulative
        return ServerFigures(
            version=self._runtime.version,
            time=to_iso(now),
            uptime_seconds=(now - self._runtime.started_at) / 1000,
            readiness=self._health.readiness(),
            connections=len(world.clients),
            users=len(world.users),
            rooms=len(world.rooms),
            waiting_units=self._engine.waiting,
            outbox_bytes=self._flushers.backlog,
            messages=self._engine.activity.messages,
            events=int(meter.batches.total),
            batches=batches,
            deliveries=self._engine.deliveries,
            evictions=self._flushers.evicted,
            failed_commits=meter.failures,
            commit_seconds=meter.commits.total,
            commit_buckets=[count for _, count in buckets],
            commit_bounds=[bound for bound, _ in buckets],
            slowest_clients=self._find_slowest(world.clients.copy()),
            busiest_rooms=self._find_busiest(),
        )

    def _find_slowest(self, clients: Iterable[Client]) -> list[SlowClient]:
        waiting = ((_backlog(client), client) for client in clients)
        slow = nlargest(MAX_ENTRIES, (entry for entry in waiting if entry[0]), key=lambda entry: entry[0])
        users = self._engine.world.users
        known = [(users.get(client.session or 0), size) for size, client in slow]
        return [SlowClient(None if user is None else user.nick, size) for user, size in known]

    def _find_busiest(self) -> list[BusyRoom]:
        rates = self._engine.activity.watch_rooms()
        busiest = nlargest(MAX_ENTRIES, rates.items(), key=lambda entry: entry[1])
        rooms = [(self._engine.world.rooms.get(number), rate) for number, rate in busiest]
        return [
            BusyRoom(None if "s" in room.modes else room.name, len(room.members), round(rate, 1))
            for room, rate in rooms
            if room is not None
        ]


def _backlog(client: Client) -> int:
    return client.sink.backlog if isinstance(client.sink, Outbox) else 0
