"""Names for threads, where a person looks for them: in the debugger and in `ps -L` or `top -H`."""

from pathlib import Path
from threading import current_thread, get_native_id


def name_thread(name: str) -> None:
    """Give the running thread a name, also in the operating system where that is possible."""
    current_thread().name = name
    comm = Path(f"/proc/self/task/{get_native_id()}/comm")
    if comm.exists():
        comm.write_text(name[:15])
