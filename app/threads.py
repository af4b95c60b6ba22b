"""Names for threads, where a person looks for them: in the debugger and in `ps -L` or `top -H`."""

import ctypes
from threading import current_thread

PR_SET_NAME = 15  # prctl(2)

# Called with the interpreter's lock held: to let go of it would take longer than the call.
_set_name = getattr(ctypes.PyDLL(None), "prctl", None)


def name_thread(name: str) -> None:
    """Give the running thread a name, also in the operating system where that is possible."""
    current_thread().name = name
    if _set_name is not None:
        _set_name(PR_SET_NAME, name.encode()[:15])
