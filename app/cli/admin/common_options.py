"""The options common to all chat-admin commands."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """The options common to all commands."""

    dbname: str | None = None
    config: Path | None = None
    as_json: bool = False

    def overridden(self, dbname: str | None, config: Path | None, as_json: bool) -> "CommonOptions":
        """Return the options, overridden by those given after the command."""
        return CommonOptions(dbname or self.dbname, config or self.config, as_json or self.as_json)
