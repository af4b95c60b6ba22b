"""Renews the lease of this node, and removes nodes whose lease has expired."""

from app.engine.changeset import Changeset
from app.engine.handler import CommandHandler
from app.engine.world.world import World
from app.services.ledger.ledger import Ledger

EXPIRED = "The node did not renew its lease"


class LeaseKeeper:
    """Renews the lease several times before it expires. Belongs to the engine's thread."""

    def __init__(self, world: World, ledger: Ledger, handler: CommandHandler) -> None:
        self._world = world
        self._ledger = ledger
        self._handler = handler

    @property
    def age_seconds(self) -> float | None:
        """How long ago the lease was renewed; None if there can be no other nodes."""
        membership = self._ledger.membership
        return None if membership is None else membership.age_seconds

    @property
    def may_be_expired(self) -> bool:
        """Whether other nodes may have ended the sessions of this one."""
        membership = self._ledger.membership
        return membership is not None and membership.may_be_expired

    def run(self) -> None:
        """Renew the lease if it is time, and look for nodes whose lease has expired.

        Raises: StorageError when the database fails; LeaseExpired when this node was removed.
        """
        membership = self._ledger.membership
        if membership is not None and membership.is_due:
            membership.users = len(self._world.users_on(self._world.node))
            membership.peak_users = self._world.peak_users
            self._ledger.renew_lease(membership)

    @property
    def has_expired_nodes(self) -> bool:
        """Whether there are nodes to remove, which requires the log to be open."""
        membership = self._ledger.membership
        return membership is not None and bool(membership.expired_nodes)

    def remove_expired_nodes(self, changeset: Changeset) -> None:
        """Remove the nodes whose lease has expired, and end their sessions."""
        membership = self._ledger.membership
        if membership is not None:
            expired, membership.expired_nodes = membership.expired_nodes, {}
            for name in self._world.live_nodes & expired.keys():  # unless another node has done it
                self._handler.remove_node(changeset, name, EXPIRED, expired[name])
