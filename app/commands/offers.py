"""What clients may negotiate, as the server is set up: the capabilities, and the values they are listed with."""

from app.commands import metadata, multiline, register, sts
from app.commands.sasl import MECHANISMS
from app.live.client import Client
from app.settings import ServerSettings
from app.wire.capabilities import CAPABILITIES, METADATA, WITH_VALUES


def offered(settings: ServerSettings) -> dict[str, str]:
    """Return the capabilities that may be asked for, each with its value or an empty text."""
    values = {
        METADATA: metadata.tokens(settings),
        multiline.CAPABILITY: multiline.tokens(settings),
        register.CAPABILITY: register.tokens(settings),
        "sasl": ",".join(MECHANISMS),
    }
    is_open = register.is_offered(settings)
    names = (name for name in CAPABILITIES if is_open or name != register.CAPABILITY)
    return {name: values.get(name, "") for name in names}


def listed(settings: ServerSettings, client: Client, version: int) -> dict[str, str]:
    """Return what is told to a client that negotiates a version; old ones are not told everything, and no values."""
    names = {
        name: value for name, value in offered(settings).items() if CAPABILITIES[name].version <= version
    }
    if version < WITH_VALUES:
        return dict.fromkeys(names, "")
    return names | sts.policy(settings, client)


def words(found: dict[str, str]) -> list[str]:
    """Write capabilities with their values, as they stand in CAP LS and CAP NEW."""
    return [f"{name}={value}" if value else name for name, value in found.items()]
