"""What becomes of settings that are read again while the server runs.

Each setting says of itself whether it needs a restart. The two of the certificate do, beside, when they would open
or close the port for TLS.
"""

from dataclasses import dataclass

from app.errors import SettingsRefused
from app.settings.loading import LoadedSettings
from app.settings.server import ServerSettings
from app.settings.sources import needs_restart

CERTIFICATE = ("tls_cert", "tls_key")


@dataclass(frozen=True, slots=True)
class SettingsUpdate:
    """The settings that hold from now on, the keys that have changed, and those that wait for a restart."""

    values: ServerSettings
    changed: list[str]
    pending_restart: list[str]
    warnings: list[str]


def compute_update(current: ServerSettings, loaded: LoadedSettings[ServerSettings]) -> SettingsUpdate:
    """Return the settings with all that can change now.

    Raises: SettingsRefused when nothing of their file could be read: defaults would take the place of all it says.
    """
    if not loaded.is_complete:
        raise SettingsRefused("\n".join(loaded.warnings))
    new = loaded.values
    different = [key for key in ServerSettings.model_fields if getattr(current, key) != getattr(new, key)]
    kept = CERTIFICATE if current.has_tls != new.has_tls else ()
    waiting = [key for key in different if key in kept or needs_restart(ServerSettings, key)]
    changed = [key for key in different if key not in waiting]
    values = current.model_copy(update={key: getattr(new, key) for key in changed})
    return SettingsUpdate(values, changed, waiting, loaded.warnings)
