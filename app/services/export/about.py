"""The header information of an export."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportInfo:
    """The server's name and the time of the export, in milliseconds since the Unix epoch."""

    servername: str
    made: int
