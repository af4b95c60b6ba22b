"""The index of confusable names, by their skeletons (Unicode TR39)."""

from app.wire.names import Key, fold, skeleton


class SkeletonIndex:
    """The names in use by skeleton; names with the same skeleton are confusable."""

    def __init__(self) -> None:
        self.names: dict[str, set[Key]] = {}

    def add(self, name: str) -> None:
        """Add a name."""
        self.names.setdefault(skeleton(name), set()).add(fold(name))

    def discard(self, name: str) -> None:
        """Remove a name, if it is there."""
        names = self.names.get(skeleton(name), set())
        names.discard(fold(name))
        if not names:
            self.names.pop(skeleton(name), None)

    def find_confusable(self, name: str) -> str | None:
        """Return a name in use that is confusable with this one, or None.

        Two ASCII names are never confusable: `anna1` and `annal` may both exist.
        """
        for key in self.names.get(skeleton(name), ()):
            if key != fold(name) and not (name.isascii() and key.isascii()):
                return str(key)
        return None
