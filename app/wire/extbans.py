"""Masks and extended masks in a channel's lists.

See https://ircv3.net/specs/extensions/account-extban and the ISUPPORT tokens EXTBAN and
ACCOUNTEXTBAN.

nick!user@host    users whose source matches
~a:anna           users logged in to the account anna, under any nick
~m:bob!*@*        like bob!*@*, but a ban only mutes, and an exception only exempts from mutes
~m:~a:anna        the same for an account
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from app.wire.masks import check_asterisks, normalise
from app.wire.names import fold

PREFIX = "~"
ACCOUNT = "a"
MUTE = "m"
_EXTENDED = re.compile("~([A-Za-z]):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ListMask:
    """A parsed list entry, matched against a user's account or source."""

    mask: str
    is_account: bool
    is_mute: bool


def parse_list_mask(mask: str) -> ListMask:
    """Parse a mask in the canonical form that `complete_mask` returns."""
    kind, rest = _split_type(mask)
    if kind == MUTE:
        inner = parse_list_mask(rest)
        return ListMask(inner.mask, inner.is_account, is_mute=True)
    return ListMask(rest, kind == ACCOUNT, is_mute=False)


def names_user(mask: str, keys: Collection[str]) -> bool:
    """Return whether a mask names an account or nick, given by its possible folded names.

    Asterisks around the name are ignored.
    """
    parsed = parse_list_mask(mask)
    name = parsed.mask if parsed.is_account else parsed.mask.partition("!")[0]
    return fold(name.strip("*")) in keys


def rename_account(mask: str, keys: Collection[str], new: str) -> str | None:
    """Return an extended mask for an account under its new name, or None if it is for another."""
    if not names_user(mask, keys) or not parse_list_mask(mask).is_account:
        return None
    return f"{mask.rpartition(':')[0]}:{new}"


def complete_mask(mask: str) -> str:
    """Return the canonical form of a mask; plain masks are completed to `nick!user@host`.

    Raises: ValueError when the mask is empty or cannot be a middle parameter (RFC 1459 section
        2.3.1), or an extended mask has an unknown type or an empty value.
    """
    kind, rest = _split_type(mask)
    if kind is None:
        return normalise(_require_word(mask))
    if kind not in (ACCOUNT, MUTE) or not rest:
        raise ValueError(f"Extended masks are {PREFIX}{ACCOUNT}:account and {PREFIX}{MUTE}:mask")
    if kind == ACCOUNT:
        return f"{PREFIX}{ACCOUNT}:{_require_word(rest)}"
    if rest.startswith(f"{PREFIX}{MUTE}:"):
        raise ValueError(f"{PREFIX}{MUTE}: can be given only once")
    return f"{PREFIX}{MUTE}:{complete_mask(rest)}"


def _require_word(mask: str) -> str:
    """Return the mask if it is a word that can occur in a nick, a source or an account name.

    Raises: ValueError when it is not, or has too many asterisks.

    Any other mask would match nobody, or everybody if it is empty, and would not survive in a MODE
    line.
    """
    if not mask.strip("!@"):
        raise ValueError("A mask cannot be empty; to match everybody, use *!*@*")
    if " " in mask or mask.startswith(":"):
        raise ValueError("A mask cannot contain a space or start with a colon")
    check_asterisks(mask)
    return mask


def is_mute(mask: str) -> bool:
    """Return whether a ban with this mask only mutes."""
    return _split_type(mask)[0] == MUTE


def _split_type(mask: str) -> tuple[str | None, str]:
    match = _EXTENDED.fullmatch(mask)
    return (match[1], match[2]) if match else (None, mask)
