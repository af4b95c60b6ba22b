"""Chains the batches that are appended to the log."""

from collections.abc import Sequence

from sqlalchemy import Connection

from app.clock import Clock
from app.db.chain.digests import SALT_BYTES, EventValues, SaltedValues, digest_chain, salt_batch
from app.db.chain.links import Position, add_link, find_digest


class ChainHead:
    """The end of the hash chain, as seen by a `Log`.

    It keeps the digests at the position before the current transaction and at those that the
    transaction has reached, since part of it can be rolled back and appended again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._digests: dict[int, bytes] = {}  # by position

    def append(
        self, connection: Connection, last_id: int, rows: Sequence[EventValues]
    ) -> Sequence[SaltedValues]:
        """Add a link for rows that are appended after `last_id`; return the rows with their salts.

        If the chain does not reach `last_id`, no link is added, and there are no salts.
        """
        previous = self.find(connection, last_id)
        if previous is None:
            return [(*row, None, None) for row in rows]
        salted, rows_digest = salt_batch(rows, self._clock.random_bytes(2 * SALT_BYTES * len(rows)))
        end = Position(rows[-1][0], digest_chain(previous, rows_digest))
        add_link(connection, end)
        self._digests[end.last_id] = end.digest
        return salted

    def find(self, connection: Connection, last_id: int) -> bytes | None:
        """Return the digest at a position, or None if the chain does not reach it."""
        if last_id not in self._digests:
            digest = find_digest(connection, last_id)
            if digest is None:
                return None
            self._digests[last_id] = digest
        return self._digests[last_id]

    def find_known(self, last_id: int) -> bytes | None:
        """Return the digest at a position as it was read or appended before, or None."""
        return self._digests.get(last_id)

    def note(self, last_id: int, digest: bytes | None) -> None:
        """Note the digest at a position, or that the chain does not reach it (None)."""
        if digest is not None:
            self._digests[last_id] = digest

    def is_known(self, last_id: int) -> bool:
        """Whether the chain is known to reach a position."""
        return last_id in self._digests

    def forget_before(self, last_id: int) -> None:
        """Forget other positions than this one, which was committed."""
        self._digests = {last_id: self._digests[last_id]} if last_id in self._digests else {}

    def forget(self) -> None:
        """Forget all positions: others have appended to the log."""
        self._digests = {}
