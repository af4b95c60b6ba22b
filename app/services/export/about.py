"""What an export says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportInfo:
    """The name of the server and the instant of the export, milliseconds since the epoch."""

    servername: str
    made: int
