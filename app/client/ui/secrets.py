"""Decides whether a line of input carries a secret, so that it is not kept or published."""

from app.client.ui.command_registry import SlashCommands, split_command
from app.wire.line import Line, parse
from app.wire.secrets import (
    SECRET_SUBCOMMANDS,
    SERVICE_ALIASES,
    is_service,
    line_has_secret,
    message_has_secret,
)

VERBS = {"msg": "PRIVMSG", "query": "PRIVMSG", "notice": "NOTICE"}


def input_has_secret(text: str, target: str, commands: SlashCommands) -> bool:
    """Return whether a line typed while `target` is the current room carries a secret.

    A misspelled command is treated as the command that it resembles.
    """
    if not is_command(text):
        return message_has_secret(target, text) or is_unslashed_command(text, commands)
    name, rest = split_command(text)
    return any(_command_has_secret(likely, rest, commands) for likely in _likely_names(name, commands))


def is_command(text: str) -> bool:
    """Return whether a line of input is a command; `//` begins a message with a slash."""
    return text.lstrip().startswith("/") and not text.lstrip().startswith("//")


def is_unslashed_command(text: str, commands: SlashCommands) -> bool:
    """Return whether a message is a command to a service with a secret, typed without its slash."""
    name, rest = split_command(text)
    found = commands.find(name)
    is_message = found is not None and (found.name == "quote" or found.name in VERBS)
    is_to_service = is_service(SERVICE_ALIASES.get(name.upper(), name)) and _has_secret_verb(rest)
    return (is_message or is_to_service) and _command_has_secret(name, rest, commands)


def _has_secret_verb(text: str) -> bool:
    return text.upper().partition(" ")[0] in SECRET_SUBCOMMANDS


def _likely_names(name: str, commands: SlashCommands) -> list[str]:
    similar = commands.find_similar(name)
    return [name, similar] if similar else [name]


def _command_has_secret(name: str, rest: str, commands: SlashCommands) -> bool:
    found = commands.find(name)
    words = rest.split()
    if found is None:
        return line_has_secret(Line(name.upper(), words))
    if found.name == "quote":
        return bool(words) and line_has_secret(parse(rest.strip()))
    if found.takes_secret:
        return len(words) > len(found.parameters)
    return line_has_secret(Line(VERBS.get(found.name, found.name.upper()), words))
