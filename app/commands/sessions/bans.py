"""Server-wide bans: matching and enforcement.

Masks and address bans never apply to administrators, so that they can remove a ban that is too
broad. Account bans apply to administrators too.

An administrator must be able to log in from a banned address. So an unregistered connection that a
ban applies to is not closed at once, but it may change nothing except its own state: REGISTER,
VERIFY, a login that grants no exemption, and the completion of registration close it.
"""

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from app.commands.errors import ConnectionBanned
from app.commands.runtime import Runtime
from app.commands.sessions.connections import close_client
from app.commands.sessions.leaving import disconnect_device, disconnect_user
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import Ban, World
from app.services.bans import BanType
from app.wire.masks import matches
from app.wire.names import fold


@dataclass(frozen=True, slots=True)
class BanSubject:
    """The identity that bans are matched against: `address` is real, `host` is displayed."""

    nick: str
    user: str
    address: str
    host: str
    account: AccountInfo | None
    is_operator: bool = False  # by OPER

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator, by OPER or by account."""
        return self.is_operator or (self.account is not None and self.account.role == "admin")


def subject_of_user(user: User) -> BanSubject:
    """Return the ban subject of an online user."""
    return BanSubject(user.nick, user.user, user.address, user.host, user.account, user.operator is True)


def subject_of_client(user: User, client: Client) -> BanSubject:
    """Return the ban subject of one of a user's devices."""
    return replace(subject_of_user(user), address=client.address)


def subject_of_newcomer(
    runtime: Runtime, client: Client, nick: str, account: AccountInfo | None
) -> BanSubject:
    """Return the ban subject of an unregistered connection that uses a nick and an account.

    The user name is empty until the client has sent USER.
    """
    host = runtime.cloak(client.address)
    return BanSubject(nick, client.registration.user or "", client.address, host, account)


def check_not_banned(world: World, newcomer: BanSubject) -> None:
    """Refuse an unregistered connection that a ban applies to.

    Raises: ConnectionBanned.
    """
    ban = find_ban(world, newcomer)
    if ban is not None:
        raise ConnectionBanned(ban.reason)


def find_ban(world: World, subject: BanSubject) -> Ban | None:
    """Return an active ban that applies to a subject, or None."""
    return next((ban for ban in world.active_bans() if applies_to(ban, subject)), None)


def applies_to(ban: Ban, subject: BanSubject) -> bool:
    """Whether a ban matches and is in effect for this subject."""
    return matches_subject(ban, subject) and (ban.type == BanType.ACCOUNT or not subject.is_admin)


def matches_subject(ban: Ban, subject: BanSubject) -> bool:
    """Whether a ban matches, ignoring the exemption of administrators.

    Masks are matched against both the address and the displayed host.
    """
    account = subject.account
    if ban.type == BanType.ACCOUNT:
        return account is not None and fold(account.name) == fold(ban.mask)
    if ban.type == BanType.ADDRESS:
        return _is_within(subject.address, ban.mask)
    hosts = {subject.address, subject.host}
    return any(matches(ban.mask, f"{subject.nick}!{subject.user}@{host}") for host in hosts)


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def enforce_ban(runtime: Runtime, changeset: Changeset, ban: Ban) -> int:
    """Disconnect the clients that a ban applies to, and return the number of affected users.

    If a user has several devices, only the matching devices are disconnected.
    """
    affected = [
        user for user in list(runtime.world.users.values()) if _enforce_on(runtime, changeset, ban, user)
    ]
    for client in list(runtime.world.unregistered):
        if applies_to(ban, _subject_of_unregistered(runtime, client)):
            close_client(changeset, client, f"Banned: {ban.reason}")
    return len(affected)


def enforce_bans_on(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Disconnect a user, or single devices, to whom a ban applies that did not apply before.

    Call it when a user ceases to be an administrator, or changes the displayed host.
    """
    bans = (find_ban(runtime.world, subject_of_client(user, client)) for client in user.clients)
    for ban in {ban for ban in bans if ban is not None}:
        if user.session in runtime.world.users:
            _enforce_on(runtime, changeset, ban, user)


def _subject_of_unregistered(runtime: Runtime, client: Client) -> BanSubject:
    registration, account = client.registration, runtime.world.find_account(client.account or "")
    return subject_of_newcomer(runtime, client, registration.requested_nick or "*", account)


def _enforce_on(runtime: Runtime, changeset: Changeset, ban: Ban, user: User) -> bool:
    """Disconnect the matching devices of a user, and return whether there were any."""
    matching = [client for client in user.clients if applies_to(ban, subject_of_client(user, client))]
    if len(matching) == len(user.clients) and (matching or applies_to(ban, subject_of_user(user))):
        disconnect_user(runtime, changeset, user, f"Banned: {ban.reason}")
        return True
    for client in matching:
        disconnect_device(runtime, changeset, client, f"Banned: {ban.reason}")
    return bool(matching)
