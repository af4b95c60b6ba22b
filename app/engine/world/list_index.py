"""An index of the masks of one list of a room (+b, +e or +I)."""

from collections.abc import Iterable, Iterator

from app.wire.extbans import ListMask, parse_list_mask
from app.wire.mask_index import MaskIndex


class ListIndex:
    """The masks of a list, filed by what they are matched against: the source or the account."""

    def __init__(self, masks: Iterable[str]) -> None:
        self._sources: MaskIndex[ListMask] = MaskIndex()
        self._accounts: MaskIndex[ListMask] = MaskIndex()
        for mask in masks:
            self.add(mask)

    def add(self, mask: str) -> None:
        """Add a mask in canonical form, or replace it."""
        rule = parse_list_mask(mask)
        self._index_of(rule).add(rule.mask, mask, rule)

    def discard(self, mask: str) -> None:
        """Remove a mask, if it is there."""
        rule = parse_list_mask(mask)
        self._index_of(rule).discard(rule.mask, mask)

    def find(self, source: str, account: str | None) -> Iterator[ListMask]:
        """Yield the masks that match a user; pass None for a user without an account."""
        yield from self._sources.find(source)
        if account is not None:
            yield from self._accounts.find(account)

    def _index_of(self, rule: ListMask) -> MaskIndex[ListMask]:
        return self._accounts if rule.is_account else self._sources
