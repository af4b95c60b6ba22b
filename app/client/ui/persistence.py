"""Keeps the joined rooms and the password across starts, as events change them."""

from collections.abc import Callable

from app.client.protocol.events import ClientEvent, Joined, JoinRefused, Kicked, LoggedIn, Parted, Registered
from app.client.protocol.model import ClientState
from app.client.storage.client_storage import ClientStorage
from app.errors import ChatError


class Persistence:
    """Stores rooms and the password; only the first failure is shown."""

    def __init__(
        self, state: ClientState, storage: ClientStorage, notify: Callable[[str, bool], None]
    ) -> None:
        self._state = state
        self._storage = storage
        self._notify = notify
        self._has_failed = False

    def react(self, event: ClientEvent) -> None:
        """Store the rooms or the password if an event changed them."""
        match event:
            case Joined(is_mine=True) | Parted(is_mine=True) | Kicked(is_mine=True) | JoinRefused():
                self._attempt(self._save_rooms)
            case LoggedIn() | Registered():
                self._attempt(self._save_password)

    def _save_rooms(self) -> None:
        rooms = [room.name for room in self._state.rooms.values() if room.must_rejoin and not room.key]
        self._storage.rooms.save(rooms)

    def _save_password(self) -> None:
        credentials, keyring = self._state.options.credentials, self._storage.keyring
        if keyring and credentials and keyring.load() != credentials.password:
            keyring.save(credentials.password)
            self._notify(f"The password of {credentials.account} is now in the keyring.", False)

    def _attempt(self, save: Callable[[], None]) -> None:
        try:
            save()
        except (OSError, ChatError) as error:
            sentence = error.sentence if isinstance(error, ChatError) else f"Cannot remember rooms: {error}."
            if not self._has_failed:
                self._notify(sentence, True)
            self._has_failed = True
