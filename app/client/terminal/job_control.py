"""Whether a shell would continue this program after it has been suspended (job control)."""

import os


def has_job_control() -> bool:
    """Return whether the parent is in the same session, but in another process group: a shell."""
    parent = os.getppid()
    try:
        is_same_session = os.getsid(parent) == os.getsid(0)
        return is_same_session and os.getpgid(parent) != os.getpgrp()
    except OSError:  # the parent has ended, or belongs to another user
        return False
