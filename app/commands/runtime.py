"""What every command may use: the settings, the world, the database, the time. Made once, at start."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.clock import Clock
from app.commands.registry import CommandTable
from app.db.database import Database
from app.engine.cloak import HostCloak
from app.engine.rate_limits import RateLimits
from app.engine.world.world import World
from app.services.ledger import Ledger
from app.settings import Loaded, ServerSettings
from app.wire.template import Form

Load = Callable[[], Loaded[ServerSettings]]
ApplySettings = Callable[[], None]
PrepareSettings = Callable[[ServerSettings], ApplySettings]
LineWriter = Callable[
    ["Runtime"], Iterable[str]
]  # lines that depend on the settings only; `template.NICK` stands for the nick


@dataclass(slots=True)
class Runtime:
    """The server behind the commands. `server` is the name in prefixes, `network` the one that people read.

    Only `settings` are ever exchanged, as a whole and on the engine's thread (`reloading`); other threads may read
    them at any time. `load` reads the settings again. What has settings of its own beside the
    commands is among the `followers`: each gets ready for others, which may be slow or fail (ChatError), and returns
    what lets them hold.
    """

    commands: CommandTable
    settings: ServerSettings
    world: World
    database: Database
    ledger: Ledger
    clock: Clock
    server: str
    version: str
    started: int  # instant
    rate_limits: RateLimits
    cloak: HostCloak  # of people's addresses, for others

    load: Load
    followers: list[PrepareSettings] = field(default_factory=list)
    usage: Counter[str] = field(default_factory=Counter)  # how often each command was carried out
    _forms: dict[LineWriter, tuple[ServerSettings, Form]] = field(default_factory=dict)

    def form(self, write: LineWriter) -> Form:
        """Return the form of lines that everybody is told alike, written once for the settings that hold."""
        settings, form = self._forms.get(write, (None, None))
        if form is None or settings is not self.settings:
            form = Form(write(self))
            self._forms[write] = self.settings, form
        return form

    @property
    def network(self) -> str:
        """The name that people read."""
        return self.settings.servername
