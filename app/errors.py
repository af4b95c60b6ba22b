"""Errors that are shown to users.

Every error that reaches a user is a `ChatError`: one sentence that says what is wrong and what to do. The command line
prints the sentence and exits with `exit_code`.
"""


class ChatError(Exception):
    """An error with a sentence for the user."""

    exit_code = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(ChatError):
    """The arguments are invalid; nothing was attempted."""

    exit_code = 2


class CheckFailed(ChatError):
    """A check completed and found problems."""

    exit_code = 3


class NotFound(ChatError):
    """The named object does not exist."""

    exit_code = 5


class AlreadyExists(ChatError):
    """The named object already exists."""

    exit_code = 6


class StorageError(ChatError):
    """The database cannot be read or written at the moment; nothing was changed."""


class SearchTookTooLong(ChatError):
    """A search had to read too many rows, because its words are frequent outside its scope."""

    def __init__(self) -> None:
        super().__init__("The search took too long; name a room, a time or a rarer word.")


class DatabaseRefused(ChatError):
    """The database does not belong to this program or version; it was not changed."""


class SettingsRefused(ChatError):
    """A security-relevant setting is invalid, so the program does not start."""

    exit_code = 2
