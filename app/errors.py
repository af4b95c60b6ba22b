"""The errors of the command-line programs.

Each error shown to a user is a `ChatError`: one sentence that says what is wrong and what to do.
The programs print it and exit with `exit_code`.
"""

import os
import traceback


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


class OutcomeUnknown(StorageError):
    """The connection was lost during a commit; it is unknown whether it took effect."""

    exit_code = 4


class SearchTookTooLong(ChatError):
    """A search read too many rows: its words are rare in its scope but frequent elsewhere."""

    def __init__(self) -> None:
        super().__init__("The search took too long; add a room, a time or a rarer word.")


class DatabaseRefused(ChatError):
    """The database belongs to another program or version; it was not changed."""


class ClaimLost(ChatError):
    """Another server has taken over the database, so this one must stop.

    `holder` is the process id of the other server's PostgreSQL session.
    """

    def __init__(self, holder: int) -> None:
        super().__init__(
            "This server lost its connection to the database, and another server has taken over "
            f"(PostgreSQL session {holder}). Several servers on one database are not supported."
        )
        self.holder = holder


class SettingsRefused(ChatError):
    """An invalid setting affects security, so the program refuses to start."""

    exit_code = 2
