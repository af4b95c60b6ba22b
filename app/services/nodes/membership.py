"""The membership of this server among the nodes of its database.

A node has a row in the table `node`, with an *epoch* that identifies this run of the server, and a
*lease*, which it renews several times before it expires. A node whose lease has expired, because it
was killed, paused or cut off, is removed by one of the others, which also ends its sessions. Each
transaction that appends to the log requires the epoch to be in the table. Both happen under the
log's lock, so a node cannot write after it was removed.

Instants in the table are in the time of the database server, so the clocks of nodes need not agree.
A server decides by its own clocks whether its lease may have expired; if so, it renews the lease
before it answers any client. It uses two clocks. The time since the machine started also advances
while the process is stopped or the machine is suspended. It stops together with a paused virtual
machine, but then the time of day is corrected as soon as the machine resumes. If the time of day is
set forward for another reason, the lease is only renewed early.

While the database fails, no node can renew its lease. So a node that was late itself, or had to
reconnect, watches the others for the length of a lease before it removes any of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update

from app.clock import Clock
from app.db.models import EventRow, NodeRow
from app.errors import DatabaseRefused, LeaseExpired
from app.events import Event, Kind
from app.events.data import NodeData
from app.services.nodes.nodes import find_delivery_progress, find_expired, lock_expired

RENEWALS_PER_LEASE = 4
MAX_LATENESS = 0.5  # age of the lease at its renewal, as a share of its length
SHARED_SETTINGS = {  # must be equal on all nodes, because users may connect to any of them
    "always_on",
    "always_on_days",
    "auto_join",
    "buffer",
    "cloak",
    "direct_retention_days",
    "history_limit",
    "icon",
    "max_list_entries",
    "max_metadata",
    "max_monitored",
    "max_rooms",
    "max_rooms_per_user",
    "max_targets",
    "name_reservation_days",
    "nick_length",
    "password_shortest",
    "registration",
    "replay",
    "retention_days",
    "room_length",
    "servername",
    "topic_length",
}

_node = NodeRow.__table__
_IS_OWN = _node.c.name == bindparam("own_name")
_FIND_OWN = select(
    _node.c.epoch,
    select(func.max(EventRow.id)).scalar_subquery().label("last_id"),
    select(func.count()).select_from(_node).scalar_subquery().label("nodes"),
).where(_IS_OWN)
_IS_OTHER = and_(~_IS_OWN, _node.c.leased_until >= bindparam("now"))
_FIND_OTHERS = select(_node.c.name, _node.c.settings).where(_IS_OTHER)
_FIND_SERVICE = select(
    func.min(case((_node.c.serving_since > 0, _node.c.serving_since), else_=_node.c.started)).label(
        "serving_since"
    ),
    func.max(_node.c.peak_users).label("peak_users"),
).where(_IS_OTHER)
_RENEW = update(NodeRow).where(_IS_OWN, _node.c.epoch == bindparam("own_epoch"))
_INSERT, _DELETE = insert(NodeRow), delete(NodeRow).where(_IS_OWN)


@dataclass(frozen=True, slots=True)
class NodeProfile:
    """What a node publishes about itself; `settings` are those that must be equal on all nodes."""

    name: str
    version: str
    settings: Mapping[str, Any]
    lease_seconds: float


class Membership:
    """The lease of this server. Belongs to the engine's thread.

    `database_time` returns the database server's time in milliseconds.
    """

    def __init__(
        self, profile: NodeProfile, clock: Clock, database_time: Callable[[Connection], int]
    ) -> None:
        self.name = profile.name
        self.settings = profile.settings  # those that must be equal; replaced when they are reloaded
        self.users = 0  # with a device on this node, for the table
        self.peak_users = 0  # on all nodes at once, for the table
        self.serving_since = 0  # since when there has been a node at any time, from `join` on
        self.is_alone = False  # no other node had a row when the log was last opened
        self.expired_nodes: dict[str, int] = {}  # nodes to remove, and until when they have delivered
        self._profile = profile
        self._clock = clock
        self._database_time = database_time
        self._epoch = clock.new_id()
        self._renewed_at = self._read_clocks()
        self._watching_since = clock.boottime()  # without being late or disconnected

    @property
    def is_due(self) -> bool:
        """Whether it is time to renew the lease."""
        return self.age_seconds >= self._profile.lease_seconds / RENEWALS_PER_LEASE

    @property
    def may_be_expired(self) -> bool:
        """Whether the lease may have expired, so that other nodes may have ended our sessions."""
        return self.age_seconds >= self._profile.lease_seconds

    @property
    def age_seconds(self) -> float:
        """How long ago the lease was renewed; callable from any thread."""
        boottime, instant = self._renewed_at
        return max(self._clock.boottime() - boottime, (self._clock.now() - instant) / 1000)

    def _read_clocks(self) -> tuple[float, int]:
        """Return the time since the machine started, in seconds, and the instant."""
        return self._clock.boottime(), self._clock.now()

    def join(self, connection: Connection, position: int) -> Event:
        """Add the row of this node, replacing that of an earlier run; return the event to append.

        The caller holds the claim on the node's name and the log's lock.

        Raises: DatabaseRefused when settings differ from those of a running node.
        """
        started, now = self._read_clocks(), self._database_time(connection)
        self._require_equal_settings(connection, now)
        self._continue_service(connection, now)
        connection.execute(_DELETE, {"own_name": self.name})
        connection.execute(_INSERT, self._new_row(now, position))
        self._renewed_at = started
        data = NodeData(self._epoch, self._profile.version)
        return Event(Kind.NODE_STARTED, nick=self.name, target=self.name, data=data)

    def _new_row(self, now: int, position: int) -> dict[str, Any]:
        return {
            "name": self.name,
            "epoch": self._epoch,
            "started": now,
            "leased_until": now + self._lease_ms,
            "version": self._profile.version,
            "settings": dict(self.settings),
            "position": position,
            "users": 0,
            "draining": False,
            "serving_since": self.serving_since,
            "peak_users": self.peak_users,
        }

    def _require_equal_settings(self, connection: Connection, now: int) -> None:
        own = self.settings
        for name, others in connection.execute(_FIND_OTHERS, {"own_name": self.name, "now": now}):
            differing = [key for key, value in own.items() if others.get(key, value) != value]
            if differing:
                key = differing[0]
                raise DatabaseRefused(
                    f"The setting {key} is {own[key]!r} here, but {others[key]!r} on the node {name}, which "
                    "uses the same database; make it equal on all nodes."
                )

    def _continue_service(self, connection: Connection, now: int) -> None:
        """Find out since when the running nodes have served users, and how many at once at most."""
        found = connection.execute(_FIND_SERVICE, {"own_name": self.name, "now": now}).one()
        self.serving_since, self.peak_users = found.serving_since or now, found.peak_users or 0

    @property
    def _lease_ms(self) -> int:
        return round(self._profile.lease_seconds * 1000)

    def require(self, connection: Connection) -> int:
        """Check, under the log's lock, that this node has not been removed.

        Return the last position of the log, which the same query finds.

        Raises: LeaseExpired when the other nodes have removed it.
        """
        found = connection.execute(_FIND_OWN, {"own_name": self.name}).first()
        if found is None or found.epoch != self._epoch:
            raise self._expired()
        self.is_alone = found.nodes == 1
        return found.last_id or 0

    def renew(self, connection: Connection, position: int) -> None:
        """Renew the lease, in the caller's transaction.

        Raises: LeaseExpired when the other nodes have removed this one.
        """
        started = self._read_clocks()
        leased_until = self._database_time(connection) + self._lease_ms
        own = {"own_name": self.name, "own_epoch": self._epoch}
        values = {
            "leased_until": leased_until,
            "position": position,
            "users": self.users,
            "peak_users": self.peak_users,
            "settings": dict(self.settings),
        }
        renewed = connection.execute(_RENEW, own | values)
        if renewed.rowcount == 0:
            raise self._expired()
        if self.age_seconds >= self._profile.lease_seconds * MAX_LATENESS:
            self.watch_again()
        self._renewed_at = started

    def watch_again(self) -> None:
        """Give the other nodes, which could not renew their leases either, the time to do so."""
        self._watching_since = self._clock.boottime()
        self.expired_nodes = {}

    def update_expired(self, connection: Connection) -> None:
        """Set `expired_nodes` to the other nodes whose lease has expired."""
        if self._clock.boottime() < self._watching_since + self._profile.lease_seconds:
            return
        expired = find_expired(connection, self._database_time(connection))
        self.expired_nodes = {
            node.name: find_delivery_progress(connection, [node.name]).delivered_until
            for node in expired
            if node.name != self.name
        }

    def lock_expired(self, connection: Connection) -> None:
        """Lock the rows of `expired_nodes`, and drop those that have renewed their lease after all.

        Without the lock, a node could renew its lease while it is being removed, and go on.
        """
        expired = lock_expired(connection, self._database_time(connection))
        self.expired_nodes = {
            name: delivered_until for name, delivered_until in self.expired_nodes.items() if name in expired
        }

    def _expired(self) -> LeaseExpired:
        return LeaseExpired(
            f"The node {self.name} did not renew its lease for {self._profile.lease_seconds:g} s, so the other "
            "nodes have ended its sessions."
        )
