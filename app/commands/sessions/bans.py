"""Server-wide bans, as the world knows them: whom they are about, and what becomes of those who are here.

An administrator is never kept out by a mask or an address, so that whoever bans too much can mend it; a ban of the
account is meant.
"""

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

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
    """Somebody as bans know them: with the real address, and with the host that others see."""

    nick: str
    user: str
    address: str
    host: str
    account: AccountInfo | None
    is_operator: bool = False  # by OPER

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator, or could be one by logging in."""
        return self.is_operator or (self.account is not None and self.account.role == "admin")


def subject_of_user(user: User) -> BanSubject:
    """Return somebody who is here as bans know them."""
    return BanSubject(user.nick, user.user, user.address, user.host, user.account, user.operator is True)


def subject_of_client(user: User, client: Client) -> BanSubject:
    """Return somebody as bans know them at one of their devices."""
    return replace(subject_of_user(user), address=client.address)


def find_ban(world: World, somebody: BanSubject) -> Ban | None:
    """Return a ban that keeps out somebody like this, if one is in force."""
    return next((ban for ban in world.active_bans() if applies_to(ban, somebody)), None)


def applies_to(ban: Ban, somebody: BanSubject) -> bool:
    """Whether a ban keeps out somebody like this."""
    return matches_subject(ban, somebody) and (ban.type == BanType.ACCOUNT or not somebody.is_admin)


def matches_subject(ban: Ban, somebody: BanSubject) -> bool:
    """Whether a ban fits somebody, whoever it is. A mask counts for the address and for what others see of it."""
    account = somebody.account
    if ban.type == BanType.ACCOUNT:
        return account is not None and fold(account.name) == fold(ban.mask)
    if ban.type == BanType.ADDRESS:
        return _is_within(somebody.address, ban.mask)
    hosts = {somebody.address, somebody.host}
    return any(matches(ban.mask, f"{somebody.nick}!{somebody.user}@{host}") for host in hosts)


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def enforce_ban(runtime: Runtime, changeset: Changeset, ban: Ban) -> int:
    """Disconnect those whom a ban is about, and return how many people that were.

    Of somebody with several devices only those go that the ban is about; they stay with the others.
    """
    met = [user for user in list(runtime.world.users.values()) if _enforce_on(runtime, changeset, ban, user)]
    for client in runtime.world.clients:
        is_new = client.session is None and not client.ended
        if is_new and ban.type == BanType.ADDRESS and _is_within(client.address, ban.mask):
            close_client(changeset, client, f"Banned: {ban.reason}")
    return len(met)


def _enforce_on(runtime: Runtime, changeset: Changeset, ban: Ban, user: User) -> bool:
    """Disconnect the devices of somebody that a ban is about. Whether there were any."""
    met = [client for client in user.clients if applies_to(ban, subject_of_client(user, client))]
    if len(met) == len(user.clients) and (met or applies_to(ban, subject_of_user(user))):
        disconnect_user(runtime, changeset, user, f"Banned: {ban.reason}")
        return True
    for client in met:
        disconnect_device(runtime, changeset, client, f"Banned: {ban.reason}")
    return bool(met)
