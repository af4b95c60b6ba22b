"""Restores sessions at startup: always-on users stay online; all other sessions end."""

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.bans import find_ban, subject_of_user
from app.engine.changeset import Changeset
from app.engine.delivery.audience import EMPTY_AUDIENCE
from app.engine.world.user import User
from app.events import Kind

CRASHED = "The server stopped unexpectedly"


def resume_sessions(runtime: Runtime, changeset: Changeset, ended: set[int]) -> None:
    """Keep or end each session that was open when the server stopped.

    `ended` holds the ids of the sessions that were killed while the server was down.
    """
    for user in list(runtime.world.users.values()):
        reason = "Killed" if user.session in ended else _quit_reason(runtime, user)
        if reason is not None:
            changeset.emit_each(user.make_room_events(Kind.QUIT, text=reason), EMPTY_AUDIENCE)
        elif user.detached is None:
            always_on.keep_without_device(runtime, changeset, user)
    runtime.world.peak_users = len(runtime.world.users)


def _quit_reason(runtime: Runtime, user: User) -> str | None:
    """Return the reason for ending a session, or None to keep it; new bans also end sessions."""
    if not always_on.stays_connected(runtime, user):
        return CRASHED
    ban = find_ban(runtime.world.bans, subject_of_user(user))
    return f"Banned: {ban.reason}" if ban is not None else always_on.expiry_reason(runtime, user)
