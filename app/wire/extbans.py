"""Extended masks of a room's lists (the ISUPPORT tokens EXTBAN and ACCOUNTEXTBAN, IRCv3 account-extban).

nick!user@host    who is called so and comes from there
~a:anna           who is logged in to the account anna, under any nick
~m:bob!*@*        as bob!*@*, but a ban only takes the voice, and an exception only gives it back
~m:~a:anna        the same for an account
"""

import re
from dataclasses import dataclass
from functools import cached_property

from app.wire.masks import normalise, pattern

PREFIX = "~"
ACCOUNT = "a"
MUTE = "m"
_EXTENDED = re.compile("~([A-Za-z]):(.*)", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A mask of a list, ready to be compared with people: by their account, or by their source."""

    mask: str
    is_account: bool
    is_mute: bool

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return pattern(self.mask)

    def describes(self, source: str, account: str | None) -> bool:
        """Whether somebody is meant, whose source and account are given caseless."""
        text = account if self.is_account else source
        return text is not None and self._pattern.fullmatch(text) is not None


def read(mask: str) -> Rule:
    """Return what a mask of a list means."""
    kind, rest = _divided(mask)
    if kind == MUTE:
        inner = read(rest)
        return Rule(inner.mask, inner.is_account, is_mute=True)
    return Rule(rest, kind == ACCOUNT, is_mute=False)


def completed(mask: str) -> str:
    """Return a mask as it is kept: plain ones are completed to `nick!user@host`.

    Raises: ValueError when it is an extended one of a kind there is not, or says nobody.
    """
    kind, rest = _divided(mask)
    if kind is None:
        return normalise(mask)
    if kind not in (ACCOUNT, MUTE) or not rest:
        raise ValueError(f"Extended masks are {PREFIX}{ACCOUNT}:account and {PREFIX}{MUTE}:mask")
    if kind == ACCOUNT:
        return mask
    if rest.startswith(f"{PREFIX}{MUTE}:"):
        raise ValueError(f"{PREFIX}{MUTE}: stands once")
    return f"{PREFIX}{MUTE}:{completed(rest)}"


def is_mute(mask: str) -> bool:
    """Whether the mask is about the voice only."""
    return _divided(mask)[0] == MUTE


def _divided(mask: str) -> tuple[str | None, str]:
    found = _EXTENDED.fullmatch(mask)
    return (found[1], found[2]) if found else (None, mask)
