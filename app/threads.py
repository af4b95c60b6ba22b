"""Names for threads, where a person looks for them: in the debugger and in `ps -L` or `top -H`."""

from contextlib import suppress
from pathlib import Path
from threading import current_thread, get_native_id


def name_thread(name: str) -> None:
    """Give the running thread a name, also in the operating system where that is possible."""
    current_thread().name = name
    with suppress(OSError):  # another system, or no descriptor to spare: the name is a convenience
        Path(f"/proc/self/task/{get_native_id()}/comm").write_text(name[:15])
