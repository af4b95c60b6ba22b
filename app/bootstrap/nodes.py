"""Makes the server one of several nodes on its database."""

import logging
from typing import Any

from app.bootstrap.assembly import Core, find_version
from app.clock import Clock
from app.commands.runtime import ApplySettings, Runtime
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
    profile = NodeProfile(settings.node, find_version(), _select_shared(settings), settings.node_lease)
    return Membership(profile, clock, database.dialect.now)


def _select_shared(settings: ServerSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", include=SHARED_SETTINGS)


def prepare_shared_settings(runtime: Runtime, settings: ServerSettings) -> ApplySettings:
    """Prepare to publish reloaded settings, with which those of nodes that start must agree."""
    shared = _select_shared(settings)

    def apply() -> None:
        if runtime.ledger.membership is not None:
            runtime.ledger.membership.settings = shared

    return apply


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
