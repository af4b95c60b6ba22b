"""The runtime: settings, world, database, log and clock, as commands use them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.clock import Clock
from app.commands.registry import CommandTable
from app.db.database import Database
from app.engine.cloak import HostCloak
from app.engine.limits.server_rate_limits import RateLimits
from app.engine.world.world import World
from app.services.ledger.ledger import Ledger
from app.settings import LoadedSettings, ServerSettings
from app.wire.template import LineTemplate

LoadSettings = Callable[[], LoadedSettings[ServerSettings]]
ApplySettings = Callable[[], None]
PrepareSettings = Callable[[ServerSettings], ApplySettings]
# Yields lines that depend on the settings only; `template.NICK` stands for the recipient's nick.
TemplateSource = Callable[["Runtime"], Iterable[str]]


def do_nothing() -> None:
    """Placeholder for callbacks that are not set."""


@dataclass(slots=True)
class Runtime:
    """State and services shared by all commands.

    Only `settings` is reassigned, always as a whole on the engine's thread (`operators.reloading`).
    Other threads may read it at any time. A component that caches values derived from the
    settings adds a hook to `reload_hooks`. The hook prepares for new settings, which may be slow or
    raise `ChatError`, and returns a function that applies them and cannot fail.
    """

    commands: CommandTable
    settings: ServerSettings
    world: World
    database: Database
    ledger: Ledger
    clock: Clock
    server_name: str  # the source of the server's own lines
    version: str
    started_at: int  # milliseconds since the Unix epoch
    serving_since: int  # the same, or since when there has been a node of the database at any time
    rate_limits: RateLimits
    cloak: HostCloak  # computes the displayed host of an address

    load_settings: LoadSettings
    reload_hooks: list[PrepareSettings] = field(default_factory=list)
    reload_started: Callable[[], None] = do_nothing  # called before the settings are read, on any thread
    reload_finished: Callable[[], None] = do_nothing  # called when they are applied or refused
    request_reload: Callable[[], None] = do_nothing  # another node has reloaded its settings
    command_counts: Counter[str] = field(default_factory=Counter)  # how often each command ran
    _templates: dict[TemplateSource, tuple[ServerSettings, LineTemplate]] = field(default_factory=dict)

    def template_for(self, source: TemplateSource) -> LineTemplate:
        """Return the template for the lines of a source, cached until the settings change."""
        settings, template = self._templates.get(source, (None, None))
        if template is None or settings is not self.settings:
            template = LineTemplate(source(self))
            self._templates[source] = self.settings, template
        return template

    @property
    def network_name(self) -> str:
        """The display name of the network."""
        return self.settings.servername
