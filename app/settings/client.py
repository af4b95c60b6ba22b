"""The settings of `chat-client`, from clientSetup.json and CHAT_CLIENT_ variables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.settings.base import SECURITY, Settings
from app.settings.certificates import find_authorities_fault
from app.settings.fields import BufferBytes, Host, Name, Room, WholeNumber


class ClientSettings(Settings):
    """Everything that clientSetup.json and CHAT_CLIENT_ variables may set."""

    buffer: BufferBytes = Field(4096, description="Bytes of the text of one message that is sent.")
    ip: Host = Field("127.0.0.1", description="Address or name of the server.")
    port: Annotated[WholeNumber, Field(ge=1, le=65535)] = Field(6667, description="TCP port of the server.")
    username: Name | None = Field(None, description="Name to log in under after connecting.")
    password_file: Path | None = Field(None, description="File whose first line is the password.")
    room: Room = Field("#general", description="Room to be in after connecting.")
    tls: bool = Field(False, json_schema_extra=SECURITY, description="Whether the connection is encrypted.")
    tls_verify: bool = Field(
        True, json_schema_extra=SECURITY, description="Whether the server's certificate is checked."
    )
    tls_ca: Path | None = Field(
        None, json_schema_extra=SECURITY, description="PEM file with the authorities to trust."
    )
    colours: bool = Field(True, description="Whether text in a terminal is coloured.")
    history_page: WholeNumber = Field(50, ge=1, le=1000, description="Lines of one page of history.")


def find_client_faults(settings: ClientSettings) -> Iterator[str]:
    """Say why the file of authorities cannot be used."""
    if settings.tls_ca and (reason := find_authorities_fault(settings.tls_ca)):
        yield f"tls_ca cannot be used, so nothing is started: {reason}."
