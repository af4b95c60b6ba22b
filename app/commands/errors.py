"""Refusals that are the reply: a command raises one, the gate sends it."""

from app.wire.numerics import Numeric


class CommandError(Exception):
    """Ends a command, or one item of it, with a reply."""


class NumericError(CommandError):
    """A numeric, with the parameters between the nick and the text."""

    def __init__(self, numeric: Numeric, *params: str, text: str | None = None) -> None:
        super().__init__(numeric, params)
        self.numeric = numeric
        self.params = params
        self.text = text


class FailReply(CommandError):
    """A standard reply (IRCv3 standard-replies): FAIL, the command, a code, its context and a sentence.

    A context that a client made up is written so that it stays one word.
    """

    def __init__(self, command: str, code: str, *context: str, text: str) -> None:
        super().__init__(command, code)
        self.command = command
        self.code = code
        self.context = context
        self.text = text
