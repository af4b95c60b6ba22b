"""What people say: a line on the wire becomes a message to show."""

from app.client.protocol import pending
from app.client.protocol.dispatch import deliver, moment, on, param
from app.client.protocol.effects import Effects
from app.client.protocol.events import Message, Notice
from app.client.protocol.model import ClientState
from app.wire import ctcp
from app.wire.line import Line


@on("PRIVMSG", "NOTICE")
def spoken(state: ClientState, line: Line) -> Effects:
    """Somebody says something to a room or to us; if it was us, the line is stored now."""
    if is_from_server(state, line):
        yield Notice(param(line, 1), at=moment(state, line))
        return
    message = to_message(state, line)
    if message is None:
        return
    yield from pending.confirm(state, message, line.tags.get("label", ""))
    yield from deliver(state.open_room(message.room), message)


def is_from_server(state: ClientState, line: Line) -> bool:
    """Whether a line is a notice of the server itself."""
    has_person = "!" in (line.source or "") or state.is_me(line.nick)
    return line.command == "NOTICE" and not has_person and not state.is_room(param(line, 0))


def to_message(state: ClientState, line: Line, conversation: str = "") -> Message | None:
    """Return what a line says, or None for a question that only programs ask (CTCP).

    `conversation` names the other side when the line alone does not tell, as in a history.
    """
    text, is_action = _content(param(line, 1))
    if text is None:
        return None
    target = param(line, 0).lstrip(state.connection.isupport.get("STATUSMSG", ""))
    is_mine, is_direct = state.is_me(line.nick), not state.is_room(target)
    other = conversation or (target if is_mine else line.nick)
    return Message(
        room=other if is_direct else target,
        author=line.nick,
        text=text,
        at=moment(state, line),
        is_mine=is_mine,
        is_action=is_action,
        is_notice=line.command == "NOTICE",
        is_direct=is_direct,
        msgid=line.tags.get("msgid", ""),
        account=line.tags.get("account", ""),
    )


def _content(text: str) -> tuple[str | None, bool]:
    """Return what is said and whether it is an action; None for any other CTCP."""
    if text.startswith(ctcp.ACTION):
        return text.removeprefix(ctcp.ACTION).removesuffix(ctcp.DELIMITER), True
    return (None if text.startswith(ctcp.DELIMITER) else text), False


@on("TAGMSG")
def tag_message(state: ClientState, line: Line) -> Effects:
    """A message of tags alone is for programs."""
    yield from ()
