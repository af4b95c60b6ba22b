"""Where the client gets the password from: the keyring, a private file, a command, or the user."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.client_password import find_password
from app.client.storage import private_files
from app.client.storage.client_storage import session_key
from app.client.storage.keyring_store import KeyringStore
from app.errors import ChatError, UsageError
from app.settings import ClientSettings

KEYRING, FILE, COMMAND, ASK = "keyring", "file", "command", "ask"
SUFFIX = ".password"


def _save_nothing(password: str) -> None:
    """Leave the password where it is, or with the user."""


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """A source of the password: the settings that name it, and the function that fills it."""

    settings: dict[str, object] = field(default_factory=dict)
    save: Callable[[str], None] = _save_nothing

    @property
    def changes(self) -> dict[str, object]:
        """The changes to a settings file; None removes a key."""
        return {"password_file": None, "password_command": None, "keyring": None} | self.settings


def current_kind(settings: ClientSettings) -> str:
    """Return the kind of source that the settings name."""
    if settings.password_file:
        return FILE
    if settings.password_command:
        return COMMAND
    return KEYRING if settings.keyring else ASK


def available_kinds() -> list[str]:
    """Return the kinds of source that can be used on this system."""
    return [KEYRING, FILE, COMMAND, ASK] if _is_keyring_usable() else [FILE, COMMAND, ASK]


def from_file(profile: Path) -> PasswordSource:
    """Return the source that is a private file beside a profile."""
    file = profile.with_suffix(SUFFIX)
    return PasswordSource(
        {"password_file": str(file)}, lambda password: private_files.replace(file, f"{password}\n")
    )


def from_keyring(name: str, host: str, port: int) -> PasswordSource:
    """Return the source that is the keyring."""
    key = session_key(name, host, port)
    return PasswordSource({"keyring": True}, lambda password: KeyringStore(key).save(password))


def from_command(command_line: str) -> PasswordSource:
    """Return the source that is the output of a command."""
    return PasswordSource({"password_command": command_line})


def run_command(name: str, command_line: str) -> str:
    """Return the password that a command prints.

    Raises: ChatError when it fails.
    """
    settings = ClientSettings.model_validate({"username": name, "password_command": command_line})
    return find_password(settings, None) or ""


def find_stored_password(settings: ClientSettings) -> str | None:
    """Return the password in the file or the keyring that the settings name, if it can be read."""
    if settings.username is None or settings.password_command is not None:
        return None
    key = session_key(settings.username, settings.ip, settings.port)
    try:
        return find_password(settings, KeyringStore(key) if settings.keyring else None)
    except (ChatError, OSError):
        return None


def _is_keyring_usable() -> bool:
    try:
        return KeyringStore("").is_usable()
    except UsageError:
        return False
