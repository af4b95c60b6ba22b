"""Lists of names that the user keeps across starts, such as the ignored users."""

from collections.abc import Callable

from app.client.storage.stored_list import MAX_ENTRIES, StoredList
from app.errors import UsageError
from app.wire.names import fold


class NameList:
    """Names without repetitions; upper and lower case are the same.

    A subclass says what is done with the names: `VERB` and `PARTICIPLE` with each, and what `KINDS`
    of names they are. `HINT` follows the sentence that a name is not on the list.
    """

    VERB: str
    PARTICIPLE: str
    KINDS: str
    HINT = ""

    def __init__(self, stored: StoredList) -> None:
        self._stored = stored
        self.entries = stored.load()

    def add(self, name: str) -> None:
        """Add a name.

        Raises: UsageError when it is on the list already, or the list is full; OSError when it
            cannot be stored.
        """
        if self._has(name):
            raise UsageError(f"{name} is already {self.PARTICIPLE}.")
        if len(self.entries) >= MAX_ENTRIES:
            raise UsageError(f"You can {self.VERB} at most {MAX_ENTRIES} {self.KINDS}.")
        self.entries.append(name)
        self._stored.save(self.entries)

    def remove(self, name: str) -> None:
        """Remove a name.

        Raises: UsageError when it is not on the list; OSError when that cannot be stored.
        """
        if not self._has(name):
            raise UsageError(f"{name} is not {self.PARTICIPLE}.{self.HINT}")
        self.entries[:] = [entry for entry in self.entries if fold(entry) != fold(name)]
        self._stored.save(self.entries)

    def _has(self, name: str) -> bool:
        return any(fold(entry) == fold(name) for entry in self.entries)


def change_list(change: Callable[[str], None], name: str) -> None:
    """Add or remove a name.

    Raises: UsageError, also when the change cannot be stored, but has been made.
    """
    try:
        change(name)
    except OSError as error:
        raise UsageError(f"This lasts only until the next start: {error}.") from error
