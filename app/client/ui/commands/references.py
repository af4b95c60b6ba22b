"""Commands that refer to a message: replies, reactions and deletion."""

from app.client.protocol import intents
from app.client.protocol.channel_view import ChannelView
from app.client.protocol.events import Message
from app.client.protocol.messaging.references import (
    REDACTION,
    find_by_reference,
    find_latest,
    has_unconfirmed,
)
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError

MAX_REACTION_CHARACTERS = 64


@command(needs="message-tags")
def reply(controller: Controller, message: str, text: Rest) -> None:
    """Answer a message; others see which one.

    /reply bob yes, at noon   answers the latest message of bob
    /reply 12 yes, at noon    answers message 12; Tab lists the messages and completes their numbers
    """
    original = _get_message(controller, message)
    controller.driver.execute(intents.reply, original, text)


@command(needs="message-tags")
def react(controller: Controller, reaction: str, message: str | None = None) -> None:
    """React to a message with an emoji or a word. Default: the latest message of another user.

    /react 👍        reacts to the latest message
    /react 👍 bob    reacts to the latest message of bob
    /react 👍 12     reacts to message 12; Tab lists emoji and messages
    """
    _check_reaction(reaction)
    controller.driver.execute(intents.react, _get_message(controller, message), reaction)


@command(needs="message-tags")
def unreact(controller: Controller, reaction: str, message: str | None = None) -> None:
    """Remove your reaction from a message. Default: the latest message of another user."""
    _check_reaction(reaction)
    controller.driver.execute(intents.unreact, _get_message(controller, message), reaction)


@command(needs=REDACTION)
def redact(controller: Controller, message: str | None = None, reason: Rest | None = None) -> None:
    """Delete your own message or, as an operator, another user's. Default: your latest message.

    It is removed from the history and from the view of clients that support this. People may have
    read it already.

    /redact               deletes your latest message
    /redact 12            deletes message 12; Tab lists the messages
    /redact bob insults   deletes the latest message of bob, with a reason
    """
    _check_latest_is_known(controller, message)
    deleted = _get_message(controller, message, is_mine=True)
    controller.driver.execute(intents.redact, deleted, reason or "")


@command(needs=REDACTION)
def edit(controller: Controller, message: str, text: Rest) -> None:
    """Replace a message of yours: it is deleted, and the new text is sent.

    /edit 12 yes, at noon    replaces message 12; Tab lists the messages and completes their numbers
    /edit anna yes, at noon  replaces your latest message, if you are anna
    """
    _check_latest_is_known(controller, message)
    controller.driver.execute(intents.edit, _get_message(controller, message), text)


def _get_message(controller: Controller, reference: str | None, is_mine: bool = False) -> Message:
    """Return the message of the current room that the user refers to.

    Raises: UsageError if there is none.
    """
    room = controller.state.find_room(controller.room) or ChannelView(controller.room)
    found = find_by_reference(room, reference) if reference else find_latest(room, is_mine)
    if found is None:
        raise UsageError(_explain_missing(room, reference))
    return found


def _check_latest_is_known(controller: Controller, reference: str | None) -> None:
    """Check that no message is on its way that the user may mean by the latest one of theirs.

    Raises: UsageError if there is one.
    """
    is_latest = reference is None or controller.state.is_me(reference)
    if is_latest and has_unconfirmed(controller.state, controller.room):
        raise UsageError("The server has not confirmed your latest message yet. Try again once it is stored.")


def _explain_missing(room: ChannelView, reference: str | None) -> str:
    if not room.recent:
        return f"No message in {room.name} has been shown yet."
    if reference is None:
        return f"There is no such message in {room.name}. Press Tab to choose one."
    return f"There is no message {reference} in {room.name}. Use a nick or a number; Tab lists them."


def _check_reaction(reaction: str) -> None:
    if len(reaction) > MAX_REACTION_CHARACTERS:
        raise UsageError(f"A reaction must have at most {MAX_REACTION_CHARACTERS} characters.")
