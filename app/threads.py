"""Thread names in the operating system, as shown by `ps -L`, `top -H` and debuggers."""

import ctypes

PR_SET_NAME = 15  # prctl(2)

# PyDLL keeps the interpreter lock: releasing it would take longer than the call.
_set_name = getattr(ctypes.PyDLL(None), "prctl", None)


def name_thread(name: str) -> None:
    """Set the name of the current thread in the operating system, if supported (prctl(2)).

    Readers are not `threading.Thread` objects, and `threading.current_thread()` would create an
    object with several locks for each of them.
    """
    if _set_name is not None:
        _set_name(PR_SET_NAME, name.encode()[:15])
