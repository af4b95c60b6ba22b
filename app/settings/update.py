"""Computes the effect of a reload of the settings files on a running server.

Settings marked `RESTART` keep their values until the next start. So do `tls_cert` and `tls_key`
when the change would open or close the TLS listener.
"""

from dataclasses import dataclass

from app.errors import SettingsRefused
from app.settings.loading import LoadedSettings
from app.settings.marks import needs_restart
from app.settings.server import ServerSettings
from app.settings.sources import Problem

CERTIFICATE_KEYS = ("tls_cert", "tls_key")


@dataclass(frozen=True, slots=True)
class SettingsUpdate:
    """The new settings, the changed keys, the keys whose change needs a restart, and warnings."""

    values: ServerSettings
    changed: list[str]
    pending_restart: list[str]
    warnings: list[str]


def compute_update(current: ServerSettings, loaded: LoadedSettings[ServerSettings]) -> SettingsUpdate:
    """Return the current settings, updated with the loaded values that can change at run time.

    Raises: SettingsRefused if a whole settings file was ignored, because all its settings would
        revert to their defaults.
    """
    if loaded.ignored_files:
        raise SettingsRefused("\n".join(f"{problem.fault}." for problem in loaded.ignored_files))
    new = loaded.values
    different = [key for key in ServerSettings.model_fields if getattr(current, key) != getattr(new, key)]
    kept = CERTIFICATE_KEYS if current.has_tls != new.has_tls else ()
    pending = [key for key in different if key in kept or needs_restart(ServerSettings, key)]
    changed = [key for key in different if key not in pending]
    values = current.model_copy(update={key: getattr(new, key) for key in changed})
    warnings = [_describe(problem, pending) for problem in loaded.problems]
    return SettingsUpdate(values, changed, pending, warnings)


def _describe(problem: Problem, pending: list[str]) -> str:
    """Return a warning for a running server, which may keep a value until a restart."""
    if problem.key not in pending:
        return problem.sentence
    return f"{problem.fault}; after a restart, {problem.consequence}."
