"""The capabilities offered under the current settings, with their values.

When the settings change while the server runs, clients are notified of the difference (IRCv3
cap-notify).
"""

from app.commands.accounts import register
from app.commands.accounts.sasl import offered_mechanisms
from app.commands.connect import sts
from app.commands.messaging import multiline
from app.commands.metadata.limits import describe_limits
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.settings import ServerSettings
from app.wire.capabilities import CAPABILITIES, METADATA, METADATA_2, MIN_VERSION_WITH_VALUES
from app.wire.framing import space_after
from app.wire.packing import pack_words


def offered_capabilities(settings: ServerSettings) -> dict[str, str]:
    """Return the capabilities that clients may request, with their values or empty strings."""
    values = {
        METADATA: describe_limits(settings),
        METADATA_2: describe_limits(settings),
        multiline.CAPABILITY: multiline.tokens(settings),
        register.CAPABILITY: register.capability_value(settings),
    }
    is_open = register.is_offered(settings)
    names = (name for name in CAPABILITIES if is_open or name != register.CAPABILITY)
    return {name: values.get(name, "") for name in names}


def listed_capabilities(settings: ServerSettings, client: Client, version: int) -> dict[str, str]:
    """Return the capabilities for CAP LS; before version 302, a subset without values."""
    if version < MIN_VERSION_WITH_VALUES:
        return _listed_without_values(settings)
    return (
        offered_capabilities(settings)
        | {"sasl": ",".join(offered_mechanisms(client))}
        | sts.sts_policy(settings, client.secure)
    )


def _listed_without_values(settings: ServerSettings) -> dict[str, str]:
    return {
        name: ""
        for name in offered_capabilities(settings)
        if CAPABILITIES[name].version < MIN_VERSION_WITH_VALUES
    }


def format_capabilities(found: dict[str, str]) -> list[str]:
    """Return `name=value` words for CAP LS and CAP NEW."""
    return [f"{name}={value}" if value else name for name, value in found.items()]


def apply_settings(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Notify clients of changed capabilities (cap-notify), and disable removed ones."""
    after = runtime.settings
    removed = [name for name in offered_capabilities(before) if name not in offered_capabilities(after)]
    changed = _changed_values(offered_capabilities(before), offered_capabilities(after))
    changed_without_values = _changed_values(_listed_without_values(before), _listed_without_values(after))
    for client in runtime.world.clients:
        if _is_notified(client):
            has_values = client.cap_version >= MIN_VERSION_WITH_VALUES
            policy = sts.changed_policy(before, after, client.secure)
            found = changed | policy if has_values else changed_without_values
            _notify(runtime, changeset, client, "DEL", removed)
            _notify(runtime, changeset, client, "NEW", format_capabilities(found))
        if client.caps.intersection(removed):
            runtime.world.set_capabilities(client, client.caps.difference(removed))


def _changed_values(old: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in now.items() if old.get(name) != value}


def _is_notified(client: Client) -> bool:
    """Whether the client receives CAP NEW and DEL; version 302 implies cap-notify."""
    return not client.is_closed and (
        client.cap_version >= MIN_VERSION_WITH_VALUES or "cap-notify" in client.caps
    )


def _notify(
    runtime: Runtime, changeset: Changeset, client: Client, subcommand: str, found: list[str]
) -> None:
    start = f":{runtime.server_name} CAP {client.nick} {subcommand} :"
    for line in pack_words(found, space_after(start)):
        changeset.send(client, start + line)
