"""Build hook of hatchling: adds the manual pages of the programs to a wheel.

They are installed below `share/man`, where `man` looks for the pages of the programs in the `bin`
folder beside it. An editable installation has none.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface):
    """Writes the pages to a temporary folder, from which hatchling packs them."""

    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages and declare them as shared data, unless the wheel is editable."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from app.cli.manual import list_programs, write_page  # of the tree that is built

        self._folder = Path(tempfile.mkdtemp(prefix="durable-chat-manual-"))
        for program in list_programs():
            page = self._folder / f"{program.name}.1"
            page.write_text(write_page(program, self.metadata.version), encoding="utf-8")
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
