"""Keeps the password of an account in the keyring of the operating system.

The package `keyring` is optional (extra `keyring`).
"""

from typing import Any

from app.errors import ChatError, UsageError

SERVICE = "durable-chat"


class KeyringStore:
    """The entry of one account on one server; `key` names user and server.

    Raises: UsageError when the package is not installed.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._keyring = _import_keyring()

    def is_usable(self) -> bool:
        """Return whether the system has a keyring; without one, the package has a dummy."""
        return bool(self._keyring.get_keyring().priority > 0)

    def load(self) -> str | None:
        """Return the password, or None if there is none.

        Raises: ChatError when the keyring cannot be used.
        """
        try:
            password: str | None = self._keyring.get_password(SERVICE, self._key)
        except self._keyring.errors.KeyringError as error:
            raise _unusable(error) from error
        return password

    def save(self, password: str) -> None:
        """Store the password.

        Raises: ChatError when the keyring cannot be used.
        """
        try:
            self._keyring.set_password(SERVICE, self._key, password)
        except self._keyring.errors.KeyringError as error:
            raise _unusable(error) from error


def _import_keyring() -> Any:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise UsageError(
            "The setting keyring requires the package keyring: pip install 'durable-chat[keyring]'."
        ) from error
    return keyring


def _unusable(error: Exception) -> ChatError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return ChatError(f"The keyring cannot be used: {reason}.")
