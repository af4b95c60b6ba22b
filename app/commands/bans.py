"""Server-wide bans, as the world knows them."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from app.live.user import AccountInfo, User
from app.live.world import Ban, World
from app.services.bans import BanType
from app.wire.masks import matches
from app.wire.names import fold


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody as bans know them: with the real address, and with the host that others see."""

    nick: str
    user: str
    address: str
    host: str
    account: AccountInfo | None


def suspect(user: User) -> Suspect:
    """Return somebody who is here as bans know them."""
    return Suspect(user.nick, user.user, user.address, user.host, user.account)


def ban_on(world: World, somebody: Suspect) -> Ban | None:
    """Return a ban that keeps out somebody like this, if one is in force."""
    return next((ban for ban in world.active_bans() if is_about(ban, somebody)), None)


def is_about(ban: Ban, somebody: Suspect) -> bool:
    """Whether a ban is about somebody like this. A mask counts for the address and for what others see of it."""
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
