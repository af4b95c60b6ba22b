"""A text that the user has submitted, and the message that it refers to."""

from dataclasses import dataclass
from enum import Enum

from app.client.protocol.events import Message


class ReferenceKind(Enum):
    """What is done to the message that a text refers to."""

    REPLY = "Reply to"
    EDIT = "Edit"


@dataclass(frozen=True, slots=True)
class MessageReference:
    """The message that a text refers to."""

    kind: ReferenceKind
    message: Message


@dataclass(frozen=True, slots=True)
class Submission:
    """A message or a command, and the room that was shown; `is_pasted` if several lines were."""

    text: str
    room: str
    reference: MessageReference | None = None
    is_pasted: bool = False
