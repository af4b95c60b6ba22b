"""The errors of the command-line programs.

Each error shown to a user is a `ChatError`: one sentence that says what is wrong and what to do.
The programs print it and exit with `exit_code`.
"""


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


class SearchTookTooLong(ChatError):
    """A search read too many rows: its words are rare in its scope but frequent elsewhere."""

    def __init__(self) -> None:
        super().__init__("The search took too long; add a room, a time or a rarer word.")


class DatabaseRefused(ChatError):
    """The database belongs to another program or version; it was not changed."""


class SettingsRefused(ChatError):
    """An invalid setting affects security, so the program refuses to start."""

    exit_code = 2
