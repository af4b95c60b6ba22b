"""The renaming of an account by `chat-admin`: its users keep their sessions under the new name."""

from app.commands.accounts.login import new_guest_nick, release_nick
from app.commands.runtime import Runtime
from app.commands.sessions.nick_changes import change_nick
from app.engine.changeset import Changeset
from app.engine.delivery.audience import EMPTY_AUDIENCE
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import AccountRenamedData
from app.wire import numerics
from app.wire.names import fold


def rename_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Rename an account, tell its users and those who see them, and change its users' nicks."""
    old, new = event.account or "", event.target or ""
    changeset.adopt(event, EMPTY_AUDIENCE)
    account = runtime.world.find_account_by_id(AccountRenamedData.of(event).id)
    if account is None:
        return
    release_nick(runtime, changeset, new)
    for user in runtime.world.users_of(account):
        _announce(runtime, changeset, user, event)
        if user.key == fold(old):
            _change_nick(runtime, changeset, user, new)


def _announce(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    """Tell a user's devices, and clients with account-notify, the new name of the account."""
    login = user.event(Kind.LOGGED_IN, at=event.at)
    login.id = event.id  # in place of an event of its own: the log has the renaming
    changeset.adopt(login, runtime.world.presence_audience(user))
    text = f"You are now logged in as {login.account}"
    line = numerics.RPL_LOGGEDIN.format(
        runtime.server_name, user.nick, user.source, login.account or "", text=text
    )
    for client in user.clients:
        changeset.send(client, line)


def _change_nick(runtime: Runtime, changeset: Changeset, user: User, new: str) -> None:
    """Change the nick of a user with the old name, which is now reserved."""
    holder = runtime.world.find_user(new)
    is_free = holder is None or holder is user
    change_nick(runtime, changeset, user, new if is_free else new_guest_nick(runtime))
