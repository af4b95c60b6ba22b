"""How many people are what LUSERS tells of, counted as they change, because everybody who connects is told."""

from app.engine.world.user import User


class UserCounts:
    """The sessions of those who are invisible (user mode i), and of administrators."""

    def __init__(self) -> None:
        self._invisible: set[int] = set()
        self._administrators: set[int] = set()

    @property
    def invisible(self) -> int:
        """How many are invisible."""
        return len(self._invisible)

    @property
    def administrators(self) -> int:
        """How many are administrators."""
        return len(self._administrators)

    def note(self, user: User) -> None:
        """Count somebody as what they are now."""
        (self._invisible.add if "i" in user.modes else self._invisible.discard)(user.session)
        (self._administrators.add if user.is_admin else self._administrators.discard)(user.session)

    def drop(self, user: User) -> None:
        """Count somebody no longer."""
        self._invisible.discard(user.session)
        self._administrators.discard(user.session)
