"""The settings of the server and of the client. `docs/settings.md` is checked against the two models."""

from app.settings.client import ClientSettings
from app.settings.declare import Settings
from app.settings.loading import (
    CLIENT,
    SERVER,
    Loaded,
    Program,
    Survey,
    load,
    reload,
    survey,
)
from app.settings.naming import MAX_PREFIX_LENGTH, prefix_of
from app.settings.renewal import Renewal, renewed
from app.settings.server import ServerSettings

__all__ = [
    "CLIENT",
    "MAX_PREFIX_LENGTH",
    "SERVER",
    "ClientSettings",
    "Loaded",
    "Program",
    "Renewal",
    "ServerSettings",
    "Settings",
    "Survey",
    "load",
    "prefix_of",
    "reload",
    "renewed",
    "survey",
]
