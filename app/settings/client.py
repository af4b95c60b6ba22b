"""The settings of `chat-client`, with their ranges and defaults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from app.settings.base import SECURITY, Settings
from app.settings.fields import (
    BufferBytes,
    CommandLine,
    DailyPeriods,
    Host,
    KeyNames,
    Keywords,
    Means,
    Name,
    Room,
    WholeNumber,
)


class ClientSettings(Settings):
    """The settings of `chat-client`."""

    buffer: BufferBytes = Field(4096, description="Maximum size of one outgoing message's text, in bytes.")
    ip: Host = Field("127.0.0.1", description="Address or host name of the server.")
    port: Annotated[WholeNumber, Field(ge=1, le=65535)] = Field(6667, description="TCP port of the server.")
    username: Name | None = Field(None, description="Account name to log in with after connecting.")
    password_file: Path | None = Field(None, description="File whose first line is the account's password.")
    password_command: CommandLine | None = Field(
        None, json_schema_extra=SECURITY, description="Command that prints the account's password."
    )
    keyring: bool = Field(
        False, description="Whether to keep the account's password in the system's keyring."
    )
    room: Room = Field("#general", description="Room to join after connecting.")
    tls: bool = Field(
        False, json_schema_extra=SECURITY, description="Whether to encrypt the connection with TLS."
    )
    tls_verify: bool = Field(
        True, json_schema_extra=SECURITY, description="Whether to verify the server's certificate."
    )
    tls_ca: Path | None = Field(
        None, json_schema_extra=SECURITY, description="PEM file with the certificate authorities to trust."
    )
    ui: Literal["plain", "full-screen"] = Field(
        "plain", description="User interface in a terminal: plain or full-screen."
    )
    theme: Literal["terminal", "terminal-dark", "terminal-light", "dark", "light", "high-contrast"] = Field(
        "terminal", description="Colours of the full screen; terminal uses those of the terminal itself."
    )
    keys: KeyNames = Field({}, description="Keys of the full screen that differ from the default.")
    room_order: Literal["manual", "activity"] = Field(
        "manual", description="Order of the rooms on the full screen: your own, or by activity."
    )
    typing: bool = Field(True, description="Whether the full screen tells others that you are typing.")
    colours: bool = Field(True, description="Whether to use colours in a terminal.")
    remember_rooms: bool = Field(
        True, description="Whether to rejoin the rooms joined when the client last ended."
    )
    input_history: WholeNumber = Field(
        1000, ge=0, le=100_000, description="Number of input lines kept across starts; 0 keeps none."
    )
    legacy_commands: bool = Field(
        False, description="Whether /quit leaves the room, as in the predecessor program."
    )
    history_page: WholeNumber = Field(
        50, ge=1, le=1000, description="Number of messages in one page of history."
    )
    notify: Means = Field(("bell",), description="How the terminal notifies you of messages for you.")
    notify_command: CommandLine | None = Field(
        None, description="Command that notifies you of messages for you."
    )
    keywords: Keywords = Field(
        (), description="Words in messages of which you are notified, besides your nick."
    )
    quiet_hours: DailyPeriods = Field(
        (), description="Times of day in local time during which nothing notifies you."
    )


def find_client_faults(settings: ClientSettings) -> Iterator[str]:
    """Yield a message for each contradiction, and for a file in `tls_ca` that cannot be used."""
    if settings.password_file and settings.password_command:
        yield "password_file and password_command cannot both be set."
    if settings.tls_ca is None:
        return
    from app.settings.certificates import find_authorities_fault  # slow to import

    if reason := find_authorities_fault(settings.tls_ca):
        yield f"tls_ca cannot be used: {reason}."
