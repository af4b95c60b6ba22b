"""The errors of the command-line programs.

Each error shown to a user is a `ChatError`: one sentence that says what is wrong and what to do.
The programs print it and exit with `exit_code`.
"""

import os
import traceback

from app.interrupts import EXIT_INTERRUPTED


def describe_defect(error: BaseException, hint: str = "Set CHAT_TRACEBACK=1 to see the traceback.") -> str:
    """Return a sentence about an unexpected exception: what and where it was, and a hint."""
    frames = traceback.extract_tb(error.__traceback__)
    location = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown location"
    return f"internal error ({type(error).__name__} at {location}); please report it. {hint}".rstrip()


def print_traceback_if_requested(error: BaseException) -> None:
    """Print the traceback of an unexpected exception to standard error if CHAT_TRACEBACK is set."""
    if os.environ.get("CHAT_TRACEBACK"):
        traceback.print_exception(error)


class ChatError(Exception):
    """Base class of all errors shown to users; `sentence` is the message."""

    exit_code = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(ChatError):
    """Invalid arguments; nothing was changed."""

    exit_code = 2


class Interrupted(ChatError):
    """The user ended the command with Ctrl-C; the sentence says how to continue."""

    exit_code = EXIT_INTERRUPTED


class CheckFailed(ChatError):
    """The check ran to completion and found problems."""

    exit_code = 3


class NotFound(ChatError):
    """The named object does not exist."""

    exit_code = 5


class AlreadyExists(ChatError):
    """The named object already exists."""

    exit_code = 6


class StorageError(ChatError):
    """The database is unavailable; the transaction was rolled back."""


class LogBusy(StorageError):
    """Other programs hold the lock of the log; the transaction did not begin."""


class OutcomeUnknown(StorageError):
    """The connection was lost during a commit; it is unknown whether it took effect."""

    exit_code = 4


class SearchTookTooLong(ChatError):
    """A search read too many rows: its words are rare in its scope but frequent elsewhere."""

    def __init__(self) -> None:
        super().__init__("The search took too long; add a room, a time or a rarer word.")


class DatabaseRefused(ChatError):
    """The database belongs to another program or version; it was not changed."""


class NodeLost(ChatError):
    """This server may not go on as a node of its database; what it shows may be out of date.

    Its clients are disconnected. If `may_restart`, the server then starts again by itself.
    """

    may_restart = True
    label = "lost"  # the reason in the metrics


class ClaimLost(NodeLost):
    """Another server has taken the name of this one, or the whole database."""

    may_restart = False


class LeaseExpired(NodeLost):
    """The other nodes have declared this server dead, and ended its sessions."""

    label = "lease-expired"


class LogConflict(NodeLost):
    """A batch that this server decided cannot be stored after what other nodes stored meanwhile."""

    label = "log-conflict"


class LogReplaced(NodeLost):
    """The database lacks events that this server has shown: it fell back to an earlier state."""

    label = "log-replaced"


class SettingsRefused(ChatError):
    """An invalid setting affects security, so the program refuses to start."""

    exit_code = 2
