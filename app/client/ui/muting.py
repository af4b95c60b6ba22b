"""The rooms and conversations that do not notify the user."""

from app.client.ui.name_list import NameList
from app.wire.names import Key, fold


class MuteList(NameList):
    """The muted rooms and peers of muted conversations."""

    VERB, PARTICIPLE, KINDS = "mute", "muted", "rooms and conversations"

    @property
    def keys(self) -> set[Key]:
        """The folded names."""
        return {fold(entry) for entry in self.entries}
