"""The settings of the server and the client; a test compares them with `docs/settings.md`."""

from app.settings.base import Settings
from app.settings.client import ClientSettings
from app.settings.loading import (
    CLIENT,
    SERVER,
    LoadedSettings,
    Program,
    ResolvedSettings,
    load,
    reload,
    resolve,
)
from app.settings.profiles import get_profile, list_profiles, locate_profile
from app.settings.server import ServerSettings
from app.settings.server_name import MAX_PREFIX_LENGTH, derive_prefix
from app.settings.update import SettingsUpdate, compute_update

__all__ = [
    "CLIENT",
    "MAX_PREFIX_LENGTH",
    "SERVER",
    "ClientSettings",
    "LoadedSettings",
    "Program",
    "ResolvedSettings",
    "ServerSettings",
    "Settings",
    "SettingsUpdate",
    "compute_update",
    "derive_prefix",
    "get_profile",
    "list_profiles",
    "load",
    "locate_profile",
    "reload",
    "resolve",
]
