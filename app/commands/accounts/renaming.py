"""The renaming of an account by `chat-admin`: its users keep their sessions under the new name."""

from app.commands.accounts.login import new_guest_nick, release_nick
from app.commands.runtime import Runtime
from app.commands.sessions.nick_changes import change_nick
from app.engine.changeset import Changeset
from app.engine.world.user import AccountInfo, User
from app.events import Event, Kind
from app.events.data import AccountRenamedData
from app.wire import numerics
from app.wire.names import fold


def rename_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Rename an account, tell its users and those who see them, and change its users' nicks."""
    changeset.adopt(event)
    account = runtime.world.find_account_by_id(AccountRenamedData.of(event).id)
    if account is None:
        return
    for user in runtime.world.users_of(account):
        _announce(runtime, changeset, user, event)
    changeset.follow_up(lambda later: _change_nicks(runtime, later, account, event))


def _change_nicks(runtime: Runtime, changeset: Changeset, account: AccountInfo, event: Event) -> None:
    """Change the nicks of users with the old name, which is now reserved, to the new one."""
    old, new = event.account or "", event.target or ""
    release_nick(runtime, changeset, new)
    for user in runtime.world.users_of(account):
        if user.key == fold(old) and runtime.world.is_responsible_for(user):
            _change_nick(runtime, changeset, user, new)


def _announce(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    """Tell a user's devices, and clients with account-notify, the new name of the account."""
    login = user.event(Kind.LOGGED_IN, at=event.at)
    login.id = event.id  # in place of an event of its own: the log has the renaming
    changeset.derive(login, runtime.world.presence_audience(user))
    text = f"You are now logged in as {login.account}"
    line = numerics.RPL_LOGGEDIN.format(
        runtime.server_name, user.nick, user.source, login.account or "", text=text
    )
    for client in user.clients:
        changeset.send(client, line)


def _change_nick(runtime: Runtime, changeset: Changeset, user: User, new: str) -> None:
    """Change the nick of a user to the new name, unless another user has it."""
    holder = runtime.world.find_user(new)
    is_free = holder is None or holder is user
    change_nick(runtime, changeset, user, new if is_free else new_guest_nick(runtime))
