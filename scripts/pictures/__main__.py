"""Draws the pictures of the documentation into a folder, by default `docs`."""

import shutil
import sys
from pathlib import Path

from scripts.pictures.full_screen import draw_full_screen
from scripts.pictures.session import draw_session

DOCUMENTATION = Path(__file__).parents[2] / "docs"


def main(folder: Path) -> None:
    """Draw all pictures."""
    if lacking := [name for name in ("irssi", "tmux") if not shutil.which(name)]:
        raise SystemExit(f"scripts/screenshot: please install {' and '.join(lacking)}")
    draw_session(folder / "session.svg")
    draw_full_screen(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTATION)
