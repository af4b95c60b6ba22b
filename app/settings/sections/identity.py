"""Settings: the identity of the server, its database and its log."""

from typing import Annotated, Literal

from pydantic import Field

from app.settings.base import RESTART, Settings
from app.settings.fields import Name, NodeName, TextLine, Url


class IdentitySettings(Settings):
    """The identity of the server, its database and its log."""

    servername: Name = Field(
        "Server",
        json_schema_extra=RESTART,
        description="Display name of the server and the network.",
    )
    node: NodeName = Field(
        "main",
        json_schema_extra=RESTART,
        description="Name of this server among those that share a PostgreSQL database; each needs its own.",
    )
    node_lease: Annotated[float, Field(ge=2, le=300)] = Field(
        10.0,
        json_schema_extra=RESTART,
        description="Seconds after which the other servers on the database declare this one dead.",
    )
    motd: str = Field("", max_length=16384, description="Message of the day; may contain several lines.")
    icon: Url | None = Field(
        None, description="Web address (http or https) of an image that clients show for the network."
    )
    dbname: TextLine = Field(
        "chat.db",
        repr=False,
        json_schema_extra={"secret": True} | RESTART,
        description="SQLite file or database URL.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Minimum severity of the messages that are logged."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Format of the log: lines of text, or one JSON object per line."
    )
