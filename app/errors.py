"""Failures that a person is meant to read.

Every error that reaches a user is a `ChatError`: one sentence that names what was wrong and what to do.
The command line prints the sentence and exits with `exit_code`; nothing else is ever shown.
"""


class ChatError(Exception):
    """A failure with a sentence for the person who caused or must mend it."""

    exit_code = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(ChatError):
    """What was asked for makes no sense; nothing was tried."""

    exit_code = 2


class CheckFailed(ChatError):
    """A check ran to its end and found problems."""

    exit_code = 3


class NotFound(ChatError):
    """The named thing does not exist."""

    exit_code = 5


class AlreadyExists(ChatError):
    """The named thing exists already."""

    exit_code = 6


class StorageError(ChatError):
    """The database cannot be read or written right now; nothing was changed."""


class SearchTookTooLong(ChatError):
    """What was looked for is so frequent where nobody wanted it that too much had to be read."""

    def __init__(self) -> None:
        super().__init__("The search took too long; name a room, a time or a rarer word.")


class DatabaseRefused(ChatError):
    """The database is not one this program may touch; not a byte of it was changed."""


class SettingsRefused(ChatError):
    """A setting that protects something is wrong, so nothing is started."""

    exit_code = 2
