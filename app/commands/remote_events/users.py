"""Users of other nodes: connecting, quitting, and changes of nick, host, account and modes."""

from collections.abc import Mapping

from app.commands.accounts.login import notify_logged_out
from app.commands.metadata.profiles import announce_switch
from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.commands.sessions.bans import enforce_bans_on
from app.commands.sessions.leaving import disconnect_devices, forget_monitored
from app.commands.sessions.nick_changes import notify_nick_change, notify_offline, notify_online
from app.commands.users.chghost import send_visible_host
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Event, Kind
from app.wire.names import fold


def _connected(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    user = _find_user(runtime, event)
    if user is not None:
        notify_online(runtime, changeset, user)
        _trust_address(runtime, user)


def _quit(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """End a session on the first of its rows, and close the devices that it has here."""
    user = _find_user(runtime, event)
    if user is None:
        return
    forget_monitored(runtime, user)
    changeset.adopt(event)
    notify_offline(runtime, changeset, user.key, user.nick)
    disconnect_devices(runtime, changeset, user, event.text or "Quit")


def _nick(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Change a nick on the first of the rows."""
    user = _find_user(runtime, event)
    before = None if user is None else user.nick
    changeset.adopt(event)
    if user is not None and before is not None:
        notify_nick_change(runtime, changeset, user, before)


def _host(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    user = _find_user(runtime, event)
    if user is not None:
        send_visible_host(runtime, changeset, user)
        _follow_up_bans(runtime, changeset, user)


def _logged_in(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    user = _find_user(runtime, event)
    before = {} if user is None else dict(user.profile)
    changeset.adopt(event)
    if user is not None:
        announce_switch(runtime, changeset, user, before)
        _trust_address(runtime, user)


def _logged_out(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    user = _find_user(runtime, event)
    if user is not None:
        notify_logged_out(runtime, changeset, user)
        _logged_in(runtime, changeset, event)
        _follow_up_bans(runtime, changeset, user)


def _user_mode(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    user = _find_user(runtime, event)
    if user is not None:
        _follow_up_bans(runtime, changeset, user)


def _find_user(runtime: Runtime, event: Event) -> User | None:
    return runtime.world.users.get(event.session or 0)


def _trust_address(runtime: Runtime, user: User) -> None:
    """Trust the address of a user who is logged in, as the node does at which that happened."""
    if user.account is not None:
        runtime.rate_limits.logins.trust(user.address, fold(user.account.name))


def _follow_up_bans(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Check the devices that a user has here: a ban may apply that did not apply before."""
    if user.clients:
        changeset.follow_up(lambda later: _enforce_bans(runtime, later, user))


def _enforce_bans(runtime: Runtime, changeset: Changeset, user: User) -> None:
    if runtime.world.users.get(user.session) is user:
        enforce_bans_on(runtime, changeset, user)


ADOPTERS: Mapping[Kind, Adopter] = {
    Kind.CONNECTED: _connected,
    Kind.QUIT: _quit,
    Kind.NICK: _nick,
    Kind.HOST: _host,
    Kind.LOGGED_IN: _logged_in,
    Kind.LOGGED_OUT: _logged_out,
    Kind.USER_MODE: _user_mode,
}
