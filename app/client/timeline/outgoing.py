"""Our own messages that the server has not confirmed."""

from dataclasses import dataclass
from enum import Enum


class SendState(Enum):
    """The state of a message of ours that the server has not confirmed."""

    QUEUED = "queued"
    SENDING = "sending"
    FAILED = "not sent"


@dataclass(slots=True)
class Outgoing:
    """A message of ours that the server has not confirmed; `number` identifies it."""

    number: int
    text: str
    state: SendState
    reason: str = ""
