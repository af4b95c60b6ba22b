"""The settings of the server and of the client: what there is, in which range, with which default.

A flag beats the environment, the environment beats the file, the file beats the default; `app.sources` says
what happens when one of them is wrong. `docs/settings.md` is checked against these two models.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.certificates import fault_of_authorities, fault_of_pair
from app.errors import ChatError, SettingsRefused, UsageError
from app.fields import LABEL, Buffer, Host, Line, Node, Operators, Password, Port, Room, Rooms, Title, Whole
from app.sources import Problem, read_environment, read_file, read_flags, settle

OTHERS = ("CHAT_CLIENT_", "CHAT_TRACEBACK")  # variables that begin like the server's and are not
PREFIX_LENGTH = 63  # characters of a server's name, RFC 2812 section 1.1
PROTECTS: JsonDict = {"protects": True}
SECRET: JsonDict = {"protects": True, "secret": True}


class Settings(BaseModel):
    """What both programs' settings have in common: they never change, and their errors show no values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerSettings(Settings):
    """The settings of `chat-server` and `chat-admin`, from serverSetup.json and CHAT_ variables."""

    buffer: Buffer = Field(4096, description="Bytes accepted for the text of one message.")
    ip: Host = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 or :: is every interface.")
    port: Port = Field(6667, description="TCP port for plain connections; 0 takes any free one.")
    servername: Title = Field("Server", description="Name that people read; it is the name of the network.")
    dbname: Line = Field(
        "chat.db", repr=False, json_schema_extra={"secret": True}, description="SQLite file or database URL."
    )
    tls_cert: Path | None = Field(
        None, json_schema_extra=PROTECTS, description="PEM file with the certificate chain; needs tls_key."
    )
    tls_key: Path | None = Field(
        None, json_schema_extra=PROTECTS, description="PEM file with the private key, without a passphrase."
    )
    tls_port: Port = Field(
        6697,
        json_schema_extra=PROTECTS,
        description="TCP port for TLS, used when tls_cert and tls_key are set.",
    )
    password: Password | None = Field(
        None,
        repr=False,
        json_schema_extra=SECRET,
        description="Password everybody needs to connect: plain text or an Argon2id hash.",
    )
    operators: Operators = Field(
        {},
        repr=False,
        json_schema_extra=SECRET,
        description="Names for OPER, each with the Argon2id hash of its password.",
    )
    motd: str = Field("", max_length=16384, description="Message of the day; may have several lines.")
    auto_join: Rooms = Field(("#general",), description="Rooms that everybody is in after connecting.")
    replay: Whole = Field(
        50, ge=0, le=1000, description="Lines shown on joining to clients that cannot ask for history."
    )
    history_limit: Whole = Field(
        1000, ge=1, le=10000, description="Most lines that one history request gets."
    )
    max_connections: Whole = Field(12000, ge=1, le=100000, description="Most connections at a time.")
    max_connections_per_address: Whole = Field(
        64,
        ge=1,
        le=100000,
        json_schema_extra=PROTECTS,
        description="Most connections at a time from one address; loopback is exempt.",
    )
    max_unregistered: Whole = Field(
        2000, ge=1, le=100000, description="Most connections at a time that have not finished logging in."
    )
    register_timeout: Whole = Field(60, ge=1, le=3600, description="Seconds a new connection has to log in.")
    ping_interval: Whole = Field(120, ge=1, le=86400, description="Seconds of silence before a PING is sent.")
    ping_timeout: Whole = Field(120, ge=1, le=86400, description="Seconds the answer to a PING may take.")
    sendq: Whole = Field(
        4194304,
        ge=65536,
        le=1 << 30,
        description="Bytes waiting for a slow client before it is disconnected.",
    )
    flood_burst: Whole = Field(60, ge=1, le=100000, description="Command cost accepted at once.")
    flood_rate: Whole = Field(
        20,
        ge=0,
        le=100000,
        json_schema_extra=PROTECTS,
        description="Command cost accepted per second after a burst; 0 is no limit.",
    )
    login_attempts: Whole = Field(
        10,
        ge=1,
        le=10000,
        json_schema_extra=PROTECTS,
        description="Failed log-ins per address and per account in 5 minutes.",
    )
    registration: Literal["open", "closed"] = Field(
        "open", json_schema_extra=PROTECTS, description="Whether people may register accounts themselves."
    )
    registrations_per_address: Whole = Field(
        10,
        ge=0,
        le=10000,
        json_schema_extra=PROTECTS,
        description="Accounts registered from one address per hour; 0 is no limit.",
    )
    password_shortest: Whole = Field(
        6,
        ge=1,
        le=128,
        json_schema_extra=PROTECTS,
        description="Characters that a new password has at least.",
    )
    nick_length: Whole = Field(32, ge=1, le=64, description="Characters of a nick at most.")
    room_length: Whole = Field(64, ge=2, le=128, description="Characters of a room's name at most.")
    topic_length: Whole = Field(390, ge=1, le=4096, description="Characters of a topic at most.")
    max_rooms: Whole = Field(10000, ge=1, le=1000000, description="Most rooms.")
    max_rooms_per_user: Whole = Field(
        100, ge=1, le=10000, description="Most rooms one connection is in, and one address makes in an hour."
    )
    max_targets: Whole = Field(10, ge=1, le=100, description="Most targets of one message.")
    max_list_entries: Whole = Field(100, ge=1, le=10000, description="Most masks in each list of a room.")
    max_monitored: Whole = Field(
        100, ge=1, le=10000, description="Most nicks that one connection watches with MONITOR."
    )
    flushers: Whole = Field(2, ge=1, le=32, description="Threads that send to clients.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important kind of line that is logged."
    )
    node: Node = Field("main", description="Name of this server among those sharing a database.")

    @property
    def has_tls(self) -> bool:
        """Whether there is a TLS listener."""
        return self.tls_cert is not None and self.tls_key is not None


class ClientSettings(Settings):
    """The settings of `chat-client`, from clientSetup.json and CHAT_CLIENT_ variables."""

    buffer: Buffer = Field(4096, description="Bytes of the text of one message that is sent.")
    ip: Host = Field("127.0.0.1", description="Address or name of the server.")
    port: Annotated[Whole, Field(ge=1, le=65535)] = Field(6667, description="TCP port of the server.")
    username: Title | None = Field(None, description="Name to log in under after connecting.")
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    room: Room = Field("#general", description="Room to be in after connecting.")
    tls: bool = Field(False, json_schema_extra=PROTECTS, description="Whether the connection is encrypted.")
    tls_verify: bool = Field(
        True, json_schema_extra=PROTECTS, description="Whether the server's certificate is checked."
    )
    tls_ca: Path | None = Field(
        None, json_schema_extra=PROTECTS, description="PEM file with the authorities to trust."
    )
    colours: bool = Field(True, description="Whether text in a terminal is coloured.")
    history_page: Whole = Field(50, ge=1, le=1000, description="Lines of one page of history.")


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Survey(Generic[S]):
    """The settings as they would be used, and everything that is wrong with them."""

    values: S
    source: Path | None
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings to start with: their values, the file they came from and what to warn of."""

    values: S
    source: Path | None
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """Where the settings of one program are looked for, and how they are checked together."""

    model: type[S]
    file: str
    prefix: str
    others: tuple[str, ...]
    faults: Callable[[S], Iterator[str]]


def survey(
    program: Program[S],
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> Survey[S]:
    """Read a program's settings and list all that is wrong with them.

    Raises: UsageError when the file asked for is not there.
    """
    model = program.model
    path = _find(program.file, config, folders)
    sources = [read_file(model, path)] if path else []
    sources.append(read_environment(model, environment, program.prefix, program.others))
    merged, problems = settle(model, [*sources, read_flags(flags or {})])
    values = model.model_validate(merged)
    faults = [Problem(sentence, SettingsRefused) for sentence in program.faults(values)]
    return Survey(values, path, problems + faults)


def load_server(
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> Loaded[ServerSettings]:
    """Return the settings a server may start with.

    Raises: UsageError for a wrong flag, SettingsRefused for a wrong value of a protecting key.
    """
    return _accept(survey(SERVER, config, flags, environment, folders))


def load_client(
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] = os.environ,
    folders: Sequence[Path] | None = None,
) -> Loaded[ClientSettings]:
    """Return the settings a client may start with.

    Raises: UsageError for a wrong flag, SettingsRefused for a wrong value of a protecting key.
    """
    return _accept(survey(CLIENT, config, flags, environment, folders))


def prefix_of(servername: str) -> str:
    """Return the host-like name that stands before the server's own lines.

    A name with a dot that could be a host's is kept; any other becomes letters and hyphens under `.internal`.
    """
    if re.fullmatch(rf"{LABEL}(\.{LABEL})+", servername) and len(servername) <= PREFIX_LENGTH:
        return servername
    plain = unicodedata.normalize("NFKD", servername).encode("ascii", "ignore").decode().lower()
    room = PREFIX_LENGTH - len(".internal")
    return (re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:room].rstrip("-") or "chat") + ".internal"


def _accept(survey: Survey[S]) -> Loaded[S]:
    """Turn a survey into settings to start with, or raise what speaks against it."""
    refused = [problem for problem in survey.problems if problem.refusal]
    if refused:
        raise (refused[0].refusal or ChatError)("\n".join(problem.sentence for problem in refused))
    return Loaded(survey.values, survey.source, [problem.sentence for problem in survey.problems])


def _find(name: str, config: Path | None, folders: Sequence[Path] | None) -> Path | None:
    """Return the file asked for, else the working directory's, else the one beside the application."""
    if config is not None and not config.exists():
        raise UsageError(f"There is no settings file {config}.")
    places = folders if folders is not None else (Path(), Path(__file__).parents[1])
    # A dangling link counts as a file: what it should lead to may protect something.
    found = (place / name for place in places if os.path.lexists(place / name))
    return config or next(found, None)


def _server_faults(settings: ServerSettings) -> Iterator[str]:
    """Say what contradicts what, and which of the TLS files cannot be used."""
    certificate, key = settings.tls_cert, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        yield "tls_cert and tls_key need each other, and only one of them is set; nothing is started."
        return
    if settings.port == settings.tls_port != 0:
        yield f"port and tls_port are both {settings.port}; nothing is started."
    if reason := fault_of_pair(certificate, key):
        yield f"tls_cert and tls_key cannot be used, so nothing is started: {reason}."


def _client_faults(settings: ClientSettings) -> Iterator[str]:
    """Say why the file of authorities cannot be used."""
    if settings.tls_ca and (reason := fault_of_authorities(settings.tls_ca)):
        yield f"tls_ca cannot be used, so nothing is started: {reason}."


SERVER = Program(ServerSettings, "serverSetup.json", "CHAT_", OTHERS, _server_faults)
CLIENT = Program(ClientSettings, "clientSetup.json", "CHAT_CLIENT_", (), _client_faults)
