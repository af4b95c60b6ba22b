"""A settings file that the harness reloads."""

import json
from pathlib import Path

from app.settings import SERVER, load
from tests.engine.harness import EngineHarness

START = {"servername": "irc.example", "auto_join": [], "flood_rate": 0}


class File:
    """The settings file of a harness."""

    def __init__(self, bench: EngineHarness, path: Path) -> None:
        self.path = path
        self.write()
        bench.core.runtime.load_settings = lambda: load(SERVER, path, environment={})

    def write(self, **settings: object) -> None:
        """Write settings that differ from those at start."""
        self.path.write_text(json.dumps(START | settings))
