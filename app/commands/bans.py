"""Server-wide bans, as the world knows them."""

from ipaddress import ip_address, ip_network

from app.live.user import AccountInfo
from app.live.world import Ban, World
from app.services.bans import BanType
from app.wire.masks import matches
from app.wire.names import fold


def ban_on(world: World, nick: str, user: str, address: str, account: AccountInfo | None) -> Ban | None:
    """Return a ban that keeps out somebody like this, if one is in force."""
    return next((ban for ban in world.active_bans() if is_about(ban, nick, user, address, account)), None)


def is_about(ban: Ban, nick: str, user: str, address: str, account: AccountInfo | None) -> bool:
    """Whether a ban is about somebody like this."""
    if ban.type == BanType.ACCOUNT:
        return account is not None and fold(account.name) == fold(ban.mask)
    if ban.type == BanType.ADDRESS:
        return _is_within(address, ban.mask)
    return matches(ban.mask, f"{nick}!{user}@{address}")


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
