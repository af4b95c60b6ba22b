"""The kinds of value a setting may have, each with its check; a fault reads "should be ..."."""

import json
import re
import shlex
import shutil
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # of a host name, RFC 1123 section 2.1
MAX_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, without the brackets
# RFC 5322: a dot-atom; it begins with no sign that a program may take for an option, a command or a file.
_EMAIL = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{0,63}}@{LABEL}(\.{LABEL})*")


def _whole(value: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("should be a whole number")
    return value


def _listed(value: object) -> object:
    """Read text as names with commas between them."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _mapped(value: object) -> object:
    """Read text as a JSON object: a variable of the environment has no other form."""
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise ValueError("should be an object of names, each with an Argon2id hash")
    return read


def _hash(value: str) -> str:
    """Accept a whole Argon2id hash."""
    if not _is_hash(value):
        raise ValueError("should be names, each with the Argon2id hash of its password ($argon2id$...)")
    return value


def _address(value: str) -> str:
    """Accept an IP address or a host name; an empty one would mean every interface."""
    try:
        ip_address(value)
    except ValueError:
        last = value.rpartition(".")[2]
        if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", value) or last.isdigit():
            raise ValueError("should be an IP address or a host name") from None
    return value


def _network(value: object) -> object:
    """Accept an address or a network; bits behind its prefix would leave it open which one is meant."""
    if isinstance(value, Network):
        return value
    try:
        found = ip_network(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("should be addresses or networks such as 192.0.2.7 or 192.0.2.0/24") from None
    if not found.prefixlen:
        raise ValueError(
            "should be addresses or networks, and not all there are: anybody could claim any address"
        )
    return found


def _origin(value: str) -> str:
    """Accept where a web page comes from, as browsers say it: in small letters and without a path."""
    if not re.fullmatch(r"https?://[a-z0-9.\[\]:-]+", value):
        raise ValueError("should be origins such as https://chat.example.org, without a path")
    return value


def _password(value: str) -> str:
    """Accept plain text or a whole Argon2id hash."""
    if not value or not value.isprintable():
        raise ValueError("should be one line of text that is not empty")
    if value.startswith("$argon2") and not _is_hash(value):
        raise ValueError("should be an Argon2id hash when it begins with $argon2")
    return value


def _is_hash(value: str) -> bool:
    try:
        return extract_parameters(value).type.name == "ID"
    except (InvalidHashError, ValueError):
        return False


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("should be one line of text without control characters")
    return value


def _room(value: str) -> str:
    if not re.fullmatch(r"#[^\s,]+", value) or not value.isprintable():
        raise ValueError("should be # and a name without spaces or commas")
    return value


def _command_line(value: str) -> str:
    """Accept the words of a program that there is, and its arguments, quoted as in a shell."""
    try:
        program, *_ = shlex.split(value)
    except ValueError:
        program = ""
    if shutil.which(program) is None:
        raise ValueError("should be a program that can be run, with its arguments")
    return value


def is_email(text: str) -> bool:
    """Whether mail can be sent to this: a plain address in ASCII."""
    return len(text) <= MAX_EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None


def _email(value: str) -> str:
    if not is_email(value):
        raise ValueError("should be an e-mail address such as chat@example.org")
    return value


def _node(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        raise ValueError("should be 1 to 64 letters, digits, dots, underscores or hyphens")
    return value


WholeNumber = Annotated[int, BeforeValidator(_whole)]
Port = Annotated[WholeNumber, Field(ge=0, le=65535)]
OptionalPort = Annotated[int | None, Field(ge=0, le=65535), BeforeValidator(_whole)]
BufferBytes = Annotated[WholeNumber, Field(ge=64, le=65536)]
Host = Annotated[str, AfterValidator(_address)]
TextLine = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_printable)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_printable)
]
Password = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_password)]
Operators = Annotated[dict[Name, Annotated[str, AfterValidator(_hash)]], BeforeValidator(_mapped)]
Room = Annotated[str, StringConstraints(max_length=128), AfterValidator(_room)]
Rooms = Annotated[tuple[Room, ...], BeforeValidator(_listed), Field(max_length=100)]
Network = IPv4Network | IPv6Network
Networks = Annotated[
    tuple[Annotated[Network, BeforeValidator(_network)], ...], BeforeValidator(_listed), Field(max_length=100)
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_listed), Field(max_length=100)
]
CommandLine = Annotated[TextLine, AfterValidator(_command_line)]
Email = Annotated[str, AfterValidator(_email)]
NodeName = Annotated[str, AfterValidator(_node)]
