"""Types of settings and their validators, whose error messages read "must be ..."."""

import json
import re
import shlex
import shutil
import unicodedata
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.settings.origins import normalise_origin
from app.text.daily_periods import parse_daily_period

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # of a host name, RFC 1123 section 2.1
IPV4_MAPPED_BITS = 96  # prefix length of the IPv4-mapped addresses, RFC 4291 section 2.5.5.2
MAX_PASSWORD_BYTES = 510 - len("PASS :")  # that fit in a line, RFC 2812 section 2.3
MAX_URL_BYTES = 300  # leaves room for the rest of the line
MAX_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, without the brackets
# A dot-atom (RFC 5322 section 3.2.3) whose first character a mailer cannot mistake for that of an
# option, a command or a file name.
_EMAIL = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{0,63}}@{LABEL}(\.{LABEL})*")


def _refuse_bool(value: object) -> object:
    """Reject booleans, which Pydantic would accept as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def _split_list(value: object) -> object:
    """Split comma-separated text into its items; return any other value unchanged."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _parse_object(value: object) -> object:
    """Return the value as an object; text, as from an environment variable, is parsed as JSON."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ValueError("must be a JSON object of names with Argon2id hashes")
    return parsed


def _parse_keys(value: object) -> object:
    """Return the value as an object; text, as from an environment variable, is parsed as JSON."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict) or not all(isinstance(key, str) for key in parsed.values()):
        raise ValueError('must be a JSON object of actions and keys such as {"next-room": "ctrl+n"}')
    return parsed


def _check_hash(value: str) -> str:
    if not _is_hash(value):
        raise ValueError("must be names, each with the Argon2id hash of its password ($argon2id$...)")
    return value


def _check_address(value: str) -> str:
    """Accept an IP address or a host name, but not empty text, which would mean all interfaces."""
    try:
        return str(ip_address(value))
    except ValueError:
        last_label = value.rpartition(".")[2]
        if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", value) or last_label.isdigit():
            raise ValueError("must be an IP address or a host name") from None
    return value


def _parse_network(value: object) -> object:
    """Parse an address or a network; reject host bits, which are ambiguous, and prefix length 0."""
    if isinstance(value, Network):
        return value
    try:
        network = _unmapped(ip_network(value if isinstance(value, str) else ""))
    except ValueError:
        raise ValueError("must be addresses or networks such as 192.0.2.7 or 192.0.2.0/24") from None
    if not network.prefixlen:
        raise ValueError(
            "must be addresses or networks, but not all addresses: any client could then claim any address"
        )
    return network


def _unmapped(network: "Network") -> "Network":
    """Return a network of IPv4-mapped addresses as IPv4, like the addresses of clients."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < IPV4_MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - IPV4_MAPPED_BITS))


def _check_password(value: str) -> str:
    """Accept an Argon2id hash, or plain text that a client can send."""
    if not value or not value.isprintable():
        raise ValueError("must be a non-empty line of text")
    if len(value.encode()) > MAX_PASSWORD_BYTES:
        raise ValueError(f"must be at most {MAX_PASSWORD_BYTES} bytes, because clients cannot send more")
    if value.startswith("$argon2") and not _is_hash(value):
        raise ValueError("must be a valid Argon2id hash if it begins with $argon2")
    return value


def _is_hash(value: str) -> bool:
    from argon2 import extract_parameters  # slow to import, and few settings are hashes
    from argon2.exceptions import InvalidHashError

    try:
        return extract_parameters(value).type.name == "ID"
    except (InvalidHashError, ValueError):
        return False


def _check_url(value: str) -> str:
    """Accept an absolute web address of printable ASCII that fits in a line of ISUPPORT."""
    is_plain = all(33 <= ord(letter) < 127 and letter not in '\\"<>^`{|}' for letter in value)
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # the port is not a number, or the host is not an IPv6 address
        is_address = False
    if not is_address or not is_plain or "@" in parts.netloc:
        raise ValueError("must be a web address such as https://example.org/icon.png, in ASCII")
    if len(value) + 3 * value.count("=") > MAX_URL_BYTES:
        raise ValueError(f"must be at most {MAX_URL_BYTES} characters long, where = counts as four")
    return value


def _check_daily_period(value: str) -> str:
    parse_daily_period(value)
    return value


def _check_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be a line of text without control characters")
    return value


def normalise_operator_name(name: str) -> str:
    """Return an operator name in the form in which names are compared (NFC)."""
    return unicodedata.normalize("NFC", name)


def _check_operator_name(value: str) -> str:
    """Accept a name that OPER can name: its first parameter has no spaces and no leading colon."""
    if " " in value or value.startswith(":"):
        raise ValueError("must be names without spaces that do not begin with a colon")
    return normalise_operator_name(value)


def _check_room(value: str) -> str:
    if not re.fullmatch(r"#[^\s,]+", value) or not value.isprintable():
        raise ValueError("must be # and a name without spaces or commas")
    return value


def _check_command_line(value: str) -> str:
    """Accept an executable program and its arguments, quoted as in a shell."""
    try:
        program, *_ = shlex.split(value)
    except ValueError:
        program = ""
    if shutil.which(program) is None:
        raise ValueError("must be an executable program and its arguments")
    return value


def is_email(text: str) -> bool:
    """Return whether the text is an ASCII e-mail address with a dot-atom as its local part."""
    return len(text) <= MAX_EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None


def _check_email(value: str) -> str:
    if not is_email(value):
        raise ValueError("must be an e-mail address such as chat@example.org")
    return value


def _check_node_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        raise ValueError("must be 1 to 64 letters, digits, dots, underscores or hyphens")
    return value


WholeNumber = Annotated[int, BeforeValidator(_refuse_bool)]
Port = Annotated[WholeNumber, Field(ge=0, le=65535)]
OptionalPort = Annotated[int | None, Field(ge=0, le=65535), BeforeValidator(_refuse_bool)]
BufferBytes = Annotated[WholeNumber, Field(ge=64, le=65536)]
Host = Annotated[str, AfterValidator(_check_address)]
Url = Annotated[str, AfterValidator(_check_url)]
TextLine = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(_check_printable)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_check_printable),
]
Password = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_check_password)]
OperatorName = Annotated[Name, AfterValidator(_check_operator_name)]
Operators = Annotated[
    dict[OperatorName, Annotated[str, AfterValidator(_check_hash)]], BeforeValidator(_parse_object)
]
Room = Annotated[str, StringConstraints(max_length=128), AfterValidator(_check_room)]
Rooms = Annotated[tuple[Room, ...], BeforeValidator(_split_list), Field(max_length=100)]
Network = IPv4Network | IPv6Network
Networks = Annotated[
    tuple[Annotated[Network, BeforeValidator(_parse_network)], ...],
    BeforeValidator(_split_list),
    Field(max_length=100),
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(normalise_origin)], ...],
    BeforeValidator(_split_list),
    Field(max_length=100),
]
Means = Annotated[
    tuple[Literal["bell", "osc9", "osc777"], ...], BeforeValidator(_split_list), Field(max_length=3)
]
Keywords = Annotated[tuple[Name, ...], BeforeValidator(_split_list), Field(max_length=100)]
DailyPeriods = Annotated[
    tuple[Annotated[str, AfterValidator(_check_daily_period)], ...],
    BeforeValidator(_split_list),
    Field(max_length=100),
]
KeyNames = Annotated[dict[Name, Name], BeforeValidator(_parse_keys), Field(max_length=100)]
CommandLine = Annotated[TextLine, AfterValidator(_check_command_line)]
Email = Annotated[str, AfterValidator(_check_email)]
NodeName = Annotated[str, AfterValidator(_check_node_name)]
