"""The WHOWAS history: the former users of each nick."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from app.engine.world.user import User
from app.wire.names import Key, fold

MAX_NICKS = 1_000
MAX_ENTRIES = 10  # per nick


@dataclass(slots=True, frozen=True)
class WhowasEntry:
    """A user who had the nick until `at`."""

    nick: str
    user: str
    host: str
    realname: str
    account: str | None
    at: int


class WhowasHistory:
    """The last users of the nicks that became free most recently."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, deque[WhowasEntry]] = OrderedDict()

    def add(self, user: User, at: int) -> None:
        """Add a user that quits or changes nick."""
        account = user.account.name if user.account else None
        self.add_entry(WhowasEntry(user.nick, user.user, user.host, user.realname, account, at))

    def add_entry(self, entry: WhowasEntry) -> None:
        """Add an entry that is later than all others."""
        key = fold(entry.nick)
        self._entries.setdefault(key, deque(maxlen=MAX_ENTRIES)).appendleft(entry)
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_NICKS:
            self._entries.popitem(last=False)

    def find(self, nick: str) -> Sequence[WhowasEntry]:
        """Return the former users of a nick, latest first."""
        return self._entries.get(fold(nick), ())

    def forget(self, account: str) -> None:
        """Remove the entries of an account."""
        for key, entries in list(self._entries.items()):
            kept = [entry for entry in entries if entry.account != account and key != fold(account)]
            if kept:
                self._entries[key] = deque(kept, maxlen=MAX_ENTRIES)
            else:
                del self._entries[key]
