"""Names for threads, where a person looks for them: in `ps -L`, `top -H` and the debugger."""

import ctypes

PR_SET_NAME = 15  # prctl(2)

# Called with the interpreter's lock held: to let go of it would take longer than the call.
_set_name = getattr(ctypes.PyDLL(None), "prctl", None)


def name_thread(name: str) -> None:
    """Give the running thread a name in the operating system, where that is possible.

    Those that are a `Thread` have it in Python too. The readers are none: to look one up would make an object
    with several locks for each of thousands.
    """
    if _set_name is not None:
        _set_name(PR_SET_NAME, name.encode()[:15])
