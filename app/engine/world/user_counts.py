"""Running user counts for LUSERS, which is sent to every connecting client."""

from app.engine.world.user import User


class UserCounts:
    """Counts of invisible users (user mode i) and of administrators."""

    def __init__(self) -> None:
        self._invisible: set[int] = set()
        self._administrators: set[int] = set()

    @property
    def invisible(self) -> int:
        """The number of invisible users."""
        return len(self._invisible)

    @property
    def administrators(self) -> int:
        """The number of administrators."""
        return len(self._administrators)

    def update(self, user: User) -> None:
        """Update the counts for a user."""
        (self._invisible.add if "i" in user.modes else self._invisible.discard)(user.session)
        (self._administrators.add if user.is_admin else self._administrators.discard)(user.session)

    def remove(self, user: User) -> None:
        """Remove a user from the counts."""
        self._invisible.discard(user.session)
        self._administrators.discard(user.session)
