"""The settings of `chat-client`, from clientSetup.json and CHAT_CLIENT_ variables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.settings.certificates import fault_of_authorities
from app.settings.declare import PROTECTS, Settings
from app.settings.fields import Buffer, Host, Room, Title, Whole


class ClientSettings(Settings):
    """Everything that clientSetup.json and CHAT_CLIENT_ variables may set."""

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


def client_faults(settings: ClientSettings) -> Iterator[str]:
    """Say why the file of authorities cannot be used."""
    if settings.tls_ca and (reason := fault_of_authorities(settings.tls_ca)):
        yield f"tls_ca cannot be used, so nothing is started: {reason}."
