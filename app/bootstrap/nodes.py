"""Makes the server one of several nodes on its database."""

import logging

from app.bootstrap.assembly import Core, find_version
from app.clock import Clock
from app.db.database import Database
from app.db.notifications import Channel
from app.db.transient import decode_transient
from app.services.nodes.membership import SHARED_SETTINGS, Membership, NodeProfile
from app.settings import ServerSettings

logger = logging.getLogger(__name__)


def new_membership(settings: ServerSettings, database: Database, clock: Clock) -> Membership | None:
    """Return the membership of this server among the nodes, or None if there can be no others."""
    if not database.dialect.has_nodes:
        return None
    shared = settings.model_dump(mode="json", include=SHARED_SETTINGS)
    profile = NodeProfile(settings.node, find_version(), shared, settings.node_lease)
    return Membership(profile, clock, database.dialect.now)


def receive_notification(core: Core, channel: Channel, payload: str) -> None:
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
