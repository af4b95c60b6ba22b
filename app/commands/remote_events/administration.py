"""Bans, kills and new settings that another process decided."""

from collections.abc import Mapping

from app.clock import is_future
from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.commands.sessions.bans import enforce_ban
from app.commands.sessions.leaving import disconnect_user
from app.engine.changeset import Changeset
from app.engine.limits.login_throttle import operator_key
from app.events import Event, Kind
from app.events.data import BannedData, KilledData, OperData


def _banned(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    ban_id = BannedData.of(event).id
    changeset.follow_up(lambda later: _enforce_ban(runtime, later, ban_id))


def _enforce_ban(runtime: Runtime, changeset: Changeset, ban_id: int) -> None:
    """Enforce a ban on this node, unless it was lifted or has expired."""
    ban = runtime.world.bans.by_id.get(ban_id)
    if ban is not None and is_future(ban.expires, runtime.clock.now()):
        enforce_ban(runtime, changeset, ban)


def _killed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    session = KilledData.of(event).session
    changeset.follow_up(lambda later: _disconnect(runtime, later, session, f"Killed: {event.text}"))


def _disconnect(runtime: Runtime, changeset: Changeset, session: int, reason: str) -> None:
    """Disconnect a user, unless the server that decided the kill has done so."""
    user = runtime.world.users.get(session)
    if user is not None and runtime.world.is_responsible_for(user):
        disconnect_user(runtime, changeset, user, reason)


def _opered(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Trust the address here as well: others cannot lock it out by wrong passwords."""
    changeset.adopt(event)
    runtime.rate_limits.logins.trust(OperData.of(event).address, operator_key(event.target or ""))


def _oper_refused(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Count the failure here as well, so that a second node does not give further attempts."""
    changeset.adopt(event)
    name = operator_key(event.target) if event.target else None
    runtime.rate_limits.logins.record(OperData.of(event).address, name)


def _rehashed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Reload the settings of this node as well."""
    changeset.adopt(event)
    runtime.request_reload()


ADOPTERS: Mapping[Kind, Adopter] = {
    Kind.BANNED: _banned,
    Kind.KILLED: _killed,
    Kind.OPERED: _opered,
    Kind.OPER_REFUSED: _oper_refused,
    Kind.REHASHED: _rehashed,
}
