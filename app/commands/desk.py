"""What every command may use: the settings, the world, the database, the time. Made once, at start."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.clock import Clock
from app.db.database import Database
from app.live.cloak import Disguise
from app.live.throttle import Throttles
from app.live.world import World
from app.services.ledger import Ledger
from app.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """The server behind the commands. `server` is the name in prefixes, `network` the one that people read."""

    settings: ServerSettings
    world: World
    database: Database
    ledger: Ledger
    clock: Clock
    server: str
    version: str
    started: int  # instant
    tokens: Mapping[str, str]  # ISUPPORT
    throttles: Throttles
    disguise: Disguise  # of people's addresses, for others

    usage: Counter[str] = field(default_factory=Counter)  # how often each command was carried out

    @property
    def network(self) -> str:
        """The name that people read."""
        return self.settings.servername
