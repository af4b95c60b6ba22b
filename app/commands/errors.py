"""Error replies as exceptions: a command raises one, and the dispatcher sends it."""

from app.wire.numerics import Numeric


class CommandError(Exception):
    """Ends a command, or the processing of one of its targets, with an error reply."""


class NumericError(CommandError):
    """An error numeric; `params` precede the text, which defaults to the numeric's own."""

    def __init__(self, numeric: Numeric, *params: str, text: str | None = None) -> None:
        super().__init__(numeric, params)
        self.numeric = numeric
        self.params = params
        self.text = text


class ConnectionBanned(CommandError):
    """Refuses a banned connection that is not registered (465), and closes it with an ERROR."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FailReply(CommandError):
    """A FAIL reply (IRCv3 standard-replies): command, code, context and description.

    Context that comes from a client is escaped when it is sent, so that it stays a single
    parameter.
    """

    def __init__(self, command: str, code: str, *context: str, text: str) -> None:
        super().__init__(command, code)
        self.command = command
        self.code = code
        self.context = context
        self.text = text
