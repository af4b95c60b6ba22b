"""Pictures of the full-screen client, taken in the evening that the tests play, too."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.evening.cast import GENERAL
from scripts.evening.evening import SIZE, Evening
from scripts.evening.stored import stored_messages
from scripts.pictures.svg import draw

NARROW = (50, 30)
TITLE = "anna: chat-client --full-screen"


@contextmanager
def _evening() -> Iterator[Evening]:
    with (
        TemporaryDirectory(prefix="chat-", ignore_cleanup_errors=True) as name,
        closing(Evening(Path(name))) as evening,
    ):
        evening.gather()
        evening.open_screen()
        yield evening


def draw_full_screen(folder: Path) -> None:
    """Play the first part of the evening, and draw its screens into a folder."""
    with _evening() as evening:
        evening.join_conversation()
        _draw(evening, SIZE, folder / "full-screen.svg")
        evening.open_thread()
        _draw(evening, SIZE, folder / "full-screen-thread.svg")
        evening.close_thread()
        evening.anna.resize(*NARROW)
        evening.anna.sees_latest(GENERAL, stored_messages(evening.folder))
        _draw(evening, NARROW, folder / "full-screen-narrow.svg")


def _draw(evening: Evening, size: tuple[int, int], picture: Path) -> None:
    picture.write_text(draw([(TITLE, evening.anna.terminal.cells("-e"))], size[0]), encoding="utf-8")
