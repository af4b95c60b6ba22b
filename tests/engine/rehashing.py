"""A server on the bench that reads its settings again."""

import json
from pathlib import Path

from app.settings import SERVER, load
from tests.engine.harness import EngineHarness

START = {"servername": "irc.example", "auto_join": [], "flood_rate": 0}


class File:
    """The settings file of a server on the bench, which reads it again."""

    def __init__(self, bench: EngineHarness, path: Path) -> None:
        self.path = path
        self.write()
        bench.core.runtime.load = lambda: load(SERVER, path, environment={})

    def write(self, **settings: object) -> None:
        """Say other things in it than the server started with."""
        self.path.write_text(json.dumps(START | settings))
