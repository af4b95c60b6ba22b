"""Resumes sessions at startup: always-on users stay online; others of this node end."""

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.account_roles import change_roles
from app.commands.sessions.bans import find_ban, subject_of_user
from app.commands.sessions.leaving import disconnect_user
from app.engine.changeset import Changeset
from app.engine.world.user import User

CRASHED = "The server stopped unexpectedly"


def resume_sessions(
    runtime: Runtime, changeset: Changeset, ended: set[int], delivered_until: int | None
) -> None:
    """Keep or end each session that this node, or one that is gone, had when it stopped.

    `ended` holds the ids of the sessions that were killed in the meantime. Everything up
    to the instant `delivered_until`, if it is known, was delivered to the users of this node.
    """
    world = runtime.world
    for user in list(world.users.values()):
        gone = (user.nodes - world.live_nodes) | (user.nodes & {world.node})
        if user.nodes - gone:
            for node in sorted(gone):
                always_on.leave_node(changeset, user, node, delivered_until)
        elif gone or world.is_responsible_for(user):
            _resume(runtime, changeset, user, "Killed" if user.session in ended else None, delivered_until)
    world.peak_users = max(world.peak_users, len(world.users))


def _resume(
    runtime: Runtime, changeset: Changeset, user: User, reason: str | None, delivered_until: int | None
) -> None:
    """End a session that has no device for a reason, or keep it if it is always-on."""
    reason = reason or _quit_reason(runtime, user)
    if reason is not None:
        disconnect_user(runtime, changeset, user, reason, delivered_until)
        return
    for node in sorted(user.nodes):
        always_on.leave_node(changeset, user, node, delivered_until)
    _update_official_roles(runtime, changeset, user)


def _quit_reason(runtime: Runtime, user: User) -> str | None:
    """Return the reason for ending a session, or None to keep it; new bans also end sessions."""
    if not always_on.stays_connected(runtime, user):
        return CRASHED
    ban = find_ban(runtime.world.bans, subject_of_user(user))
    return f"Banned: {ban.reason}" if ban is not None else always_on.expiry_reason(runtime, user)


def _update_official_roles(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Adapt `o` in official rooms to the role that the account now has."""
    for room in runtime.world.rooms_of(user):
        if room.official:
            current, persistent = room.members[user.session].roles, room.persistent_roles(user)
            change_roles(runtime, changeset, room, user, "-", (current & {"o"}) - persistent)
            change_roles(runtime, changeset, room, user, "+", persistent - current)
