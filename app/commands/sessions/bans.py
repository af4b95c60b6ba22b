"""Server-wide bans: matching and enforcement.

Masks and address bans never apply to administrators, so that they can remove a ban that is too
broad. Account bans apply to administrators too.

An administrator must be able to log in from a banned address. So an unregistered connection that a
ban applies to is not closed at once, but it may change nothing except its own state: REGISTER,
VERIFY, a login that grants no exemption, and the completion of registration close it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.commands.errors import ConnectionBanned
from app.commands.runtime import Runtime
from app.commands.sessions.always_on import leave_node
from app.commands.sessions.connections import close_client
from app.commands.sessions.devices import publish_devices
from app.commands.sessions.leaving import disconnect_device, disconnect_devices, disconnect_user
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.world.ban_index import Ban, BanIndex
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World


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
    ban = find_ban(world.bans, newcomer)
    if ban is not None:
        raise ConnectionBanned(ban.reason)


def find_ban(bans: BanIndex, subject: BanSubject) -> Ban | None:
    """Return an active ban that applies to a subject, or None."""
    matching = _bans_of_account(bans, subject) if subject.is_admin else matching_bans(bans, subject)
    return next(iter(matching), None)


def matching_bans(bans: BanIndex, subject: BanSubject) -> Iterator[Ban]:
    """Yield the active bans that match a subject, ignoring the exemption of administrators.

    Masks are matched against both the address and the displayed host.
    """
    yield from _bans_of_account(bans, subject)
    yield from bans.of_address(subject.address)
    for host in {subject.address, subject.host}:
        yield from bans.of_source(f"{subject.nick}!{subject.user}@{host}")


def _bans_of_account(bans: BanIndex, subject: BanSubject) -> Iterable[Ban]:
    return () if subject.account is None else bans.of_account(subject.account.name)


def enforce_ban(runtime: Runtime, changeset: Changeset, ban: Ban) -> int:
    """Disconnect the clients that a ban applies to, and return the number of affected users.

    If a user has several devices, only the matching devices are disconnected.
    """
    bans = BanIndex(runtime.clock, ban)
    affected = [_enforce_on(runtime, changeset, bans, user) for user in list(runtime.world.users.values())]
    for client in list(runtime.world.unregistered):
        if find_ban(bans, _subject_of_unregistered(runtime, client)) is not None:
            close_client(changeset, client, f"Banned: {ban.reason}")
    return sum(affected)


def enforce_bans_on(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Disconnect a user, or single devices, if a ban applies that did not apply before.

    Call it when a user ceases to be an administrator, or changes the displayed host.
    """
    _enforce_on(runtime, changeset, runtime.world.bans, user)


def _subject_of_unregistered(runtime: Runtime, client: Client) -> BanSubject:
    registration, account = client.registration, runtime.world.find_account(client.account or "")
    return subject_of_newcomer(runtime, client, registration.requested_nick or "*", account)


def _enforce_on(runtime: Runtime, changeset: Changeset, bans: BanIndex, user: User) -> bool:
    """Disconnect the banned devices of a user, and return whether the user is affected.

    Devices on other nodes are left to those, which know their addresses.
    """
    banned = [
        (client, ban) for client in user.clients if (ban := find_ban(bans, subject_of_client(user, client)))
    ]
    if len(banned) < len(user.clients):
        for client, ban in banned:
            disconnect_device(runtime, changeset, client, f"Banned: {ban.reason}")
        if banned:
            publish_devices(runtime.world, changeset, user)
        return bool(banned)
    found = banned[0][1] if banned else find_ban(bans, subject_of_user(user))
    if found is not None:
        _disconnect_here(runtime, changeset, user, f"Banned: {found.reason}")
    return found is not None


def _disconnect_here(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Disconnect all devices on this node, and the user if there are no others."""
    world = runtime.world
    if user.clients and user.nodes - {world.node}:
        disconnect_devices(runtime, changeset, user, reason)
        leave_node(changeset, user, world.node)
    elif user.clients or (not user.nodes and world.is_responsible_for(user)):
        disconnect_user(runtime, changeset, user, reason)
