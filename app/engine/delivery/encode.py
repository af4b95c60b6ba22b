"""Encode events as IRC lines, once for each capability shape.

Each kind has an encoder, which returns the line without its tags, or "" if clients of this shape
do not receive the event. The result depends only on the event and the shape, so all clients of a
shape share it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.clock import to_iso
from app.events import Event, Kind, RoomKey, msgid
from app.events.data import (
    InvitedData,
    JoinedData,
    KickedData,
    MarkedData,
    MessageData,
    MetadataChangeData,
    PrivateMetadataData,
    RedactedData,
    RenamedData,
)
from app.wire import multiline
from app.wire.capabilities import Shape
from app.wire.framing import truncate_line
from app.wire.line import format_tags
from app.wire.metadata import visibility
from app.wire.numerics import RPL_KEYNOTSET, RPL_KEYVALUE, RPL_MONOFFLINE, RPL_MONONLINE

Encoder = Callable[[Event, int], str]
_KINDS_WITH_MSGID = frozenset(
    {Kind.PRIVMSG, Kind.NOTICE, Kind.TAGMSG, Kind.TOPIC, Kind.JOINED, Kind.PARTED, Kind.KICKED, Kind.MODE}
)


def encode(event: Event, shape: int, extra: Mapping[str, str] | None = None) -> bytes:
    """Encode an event for clients of a shape, with any extra tags; truncate overlong lines.

    Returns b"" if clients of this shape do not receive the event.
    """
    data = event.data
    if type(data) is MessageData and data.lines:
        return _multiline(event, data.lines, shape, extra)
    body = _ENCODERS[event.kind](event, shape)
    if not body:
        return b""
    body = truncate_line(body)
    return _line(format_event_tags(event, shape, extra), body)


def _multiline(
    event: Event, line_lengths: Sequence[int], shape: int, extra: Mapping[str, str] | None
) -> bytes:
    """Encode a multiline message as a batch, or as one message per non-blank line.

    See https://ircv3.net/specs/extensions/multiline, "Fallback".
    """
    start = f":{event.source} {event.verb} {event.target} :"
    pieces = multiline.split_lines(event.text or "", line_lengths)
    if shape & Shape.MULTILINE:
        return b"".join(_batch(event, start, pieces, format_event_tags(event, shape, extra), extra or {}))
    lines = [truncate_line(start + line) for line, _ in pieces if line]
    first = _line(format_event_tags(event, shape, extra), lines[0])
    rest = format_event_tags(
        replace(event, id=0), shape, {k: v for k, v in (extra or {}).items() if k != "label"}
    )
    return first + b"".join(_line(rest, line) for line in lines[1:])


def _batch(
    event: Event,
    start: str,
    pieces: Iterable[multiline.MessageLine],
    tag_section: str,
    extra: Mapping[str, str],
) -> Iterator[bytes]:
    name = f"m{msgid(event.id)}"
    yield _line(tag_section, f":{event.source} BATCH +{name} draft/multiline {event.target}")
    for line, continues in pieces:
        own = {"batch": name} | ({multiline.CONCAT_TAG: ""} if continues else {})
        yield _line(format_tags(own), truncate_line(start + line))
    outer = {"batch": extra["batch"]} if "batch" in extra else {}
    yield _line(format_tags(outer), f":{event.source} BATCH -{name}")


def _line(tag_section: str, line: str) -> bytes:
    return f"@{tag_section} {line}\r\n".encode() if tag_section else f"{line}\r\n".encode()


def format_event_tags(event: Event, shape: int, extra: Mapping[str, str] | None) -> str:
    """Format the tags for clients of a shape: extra tags first, the rest in a fixed order."""
    if not shape and not extra:
        return ""
    sections = [format_tags(extra)] if extra else []
    if shape & Shape.TIME and event.at:
        sections.append(f"time={to_iso(event.at)}")
    if shape & Shape.TAGS:
        if event.id and event.kind in _KINDS_WITH_MSGID:
            sections.append(f"msgid={msgid(event.id)}")
        if event.data is not None and event.data.tags:
            sections.append(format_tags(event.data.tags))
    if shape & Shape.ACCOUNT_TAG and event.account and event.session is not None:
        sections.append(format_tags({"account": event.account}))
    return ";".join(sections)


def is_delivered(kind: Kind) -> bool:
    """Whether events of this kind are delivered to clients at all."""
    return kind in _ENCODERS


def _message(event: Event, shape: int) -> str:
    return f":{event.source} {event.verb} {event.target} :{event.text}"


def _tagmsg(event: Event, shape: int) -> str:
    return f":{event.source} TAGMSG {event.target}" if shape & Shape.TAGS else ""


def _joined(event: Event, shape: int) -> str:
    if shape & Shape.EXTENDED_JOIN:
        return f":{event.source} JOIN {event.target} {event.account or '*'} :{JoinedData.of(event).realname}"
    return f":{event.source} JOIN {event.target}"


def _renamed(event: Event, shape: int) -> str:
    if not shape & Shape.RENAMING:
        return ""
    return f":{event.source} RENAME {event.target} {RenamedData.of(event).to} :{event.text or ''}"


def _parted(event: Event, shape: int) -> str:
    return f":{event.source} PART {event.target}" + (f" :{event.text}" if event.text else "")


def _kicked(event: Event, shape: int) -> str:
    return f":{event.source} KICK {KickedData.of(event).room} {event.target} :{event.text}"


def _quit(event: Event, shape: int) -> str:
    return f":{event.source} QUIT :{event.text}"


def _nick(event: Event, shape: int) -> str:
    return f":{event.source} NICK :{event.target}"


def _user_mode(event: Event, shape: int) -> str:
    return f":{event.source} MODE {event.target} {event.text}"


def _opered(event: Event, shape: int) -> str:
    return f":{event.source} MODE {event.nick} +o"


def _host(event: Event, shape: int) -> str:
    return f":{event.source} CHGHOST {event.user} {event.text}" if shape & Shape.CHGHOST else ""


def _realname(event: Event, shape: int) -> str:
    return f":{event.source} SETNAME :{event.text}" if shape & Shape.SETNAME else ""


def _appeared(event: Event, shape: int) -> str:
    return f":{event.nick} {RPL_MONONLINE.code} * :{event.text}"


def _vanished(event: Event, shape: int) -> str:
    return f":{event.nick} {RPL_MONOFFLINE.code} * :{event.text}"


def _topic(event: Event, shape: int) -> str:
    return f":{event.source} TOPIC {event.target} :{event.text}"


def _mode(event: Event, shape: int) -> str:
    words = event.secret.words if isinstance(event.secret, RoomKey) else event.text
    return f":{event.source} MODE {event.target} {words}"


def _redacted(event: Event, shape: int) -> str:
    if not shape & Shape.REDACTION:
        return ""
    words = f":{event.source} REDACT {event.target} {msgid(RedactedData.of(event).event)}"
    return f"{words} :{event.text}" if event.text else words


def _marked(event: Event, shape: int) -> str:
    if not shape & Shape.READ_MARKER:
        return ""
    return f":{event.nick} MARKREAD {event.target} timestamp={to_iso(MarkedData.of(event).instant)}"


def _metadata(event: Event, shape: int) -> str:
    return _metadata_value(event, MetadataChangeData.of(event).key, shape)


def _private_metadata(event: Event, shape: int) -> str:
    return _metadata_value(event, PrivateMetadataData.of(event).key, shape)


def _metadata_value(event: Event, key: str, shape: int) -> str:
    if shape & Shape.METADATA_2:
        line = f":{event.nick} METADATA {event.target} {key} {visibility(key)}"
        return line if event.text is None else f"{line} :{event.text}"
    words = f"* {event.target} {key}"
    if event.text is None:
        return f":{event.nick} {RPL_KEYNOTSET.code} {words} :{RPL_KEYNOTSET.text}"
    return f":{event.nick} {RPL_KEYVALUE.code} {words} {visibility(key)} :{event.text}"


def _invited(event: Event, shape: int) -> str:
    return f":{event.source} INVITE {event.target} {InvitedData.of(event).room}"


def _away(event: Event, shape: int) -> str:
    if not shape & Shape.AWAY_NOTIFY:
        return ""
    return f":{event.source} AWAY" + (f" :{event.text}" if event.text is not None else "")


def _logged_in(event: Event, shape: int) -> str:
    return f":{event.source} ACCOUNT {event.account}" if shape & Shape.ACCOUNT_NOTIFY else ""


def _logged_out(event: Event, shape: int) -> str:
    return f":{event.source} ACCOUNT *" if shape & Shape.ACCOUNT_NOTIFY else ""


def _wallops(event: Event, shape: int) -> str:
    return f":{event.source} WALLOPS :{event.text}"


def _announced(event: Event, shape: int) -> str:
    return f":{event.nick} NOTICE $* :{event.text}"


_ENCODERS: Mapping[Kind, Encoder] = {
    Kind.PRIVMSG: _message,
    Kind.NOTICE: _message,
    Kind.TAGMSG: _tagmsg,
    Kind.JOINED: _joined,
    Kind.RENAMED: _renamed,
    Kind.PARTED: _parted,
    Kind.KICKED: _kicked,
    Kind.QUIT: _quit,
    Kind.NICK: _nick,
    Kind.USER_MODE: _user_mode,
    Kind.OPERED: _opered,
    Kind.HOST: _host,
    Kind.REALNAME: _realname,
    Kind.APPEARED: _appeared,
    Kind.VANISHED: _vanished,
    Kind.TOPIC: _topic,
    Kind.MODE: _mode,
    Kind.REDACTED: _redacted,
    Kind.MARKED: _marked,
    Kind.METADATA: _metadata,
    Kind.PRIVATE_METADATA: _private_metadata,
    Kind.INVITED: _invited,
    Kind.AWAY: _away,
    Kind.LOGGED_IN: _logged_in,
    Kind.LOGGED_OUT: _logged_out,
    Kind.WALLOPS: _wallops,
    Kind.ANNOUNCED: _announced,
}
