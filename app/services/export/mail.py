"""Exports history as a mailbox (mbox, RFC 4155): one message (RFC 5322) for each line.

Answers refer to what they answer, so mail programs show threads. The addresses end in `.invalid`
(RFC 2606), so that a reply cannot be sent to anyone. Lines of a body that begin with `From ` are
quoted with `>`, and so are lines quoted that way (`mboxrd`), so the text can be restored.
"""

import quopri
import re
import time
from collections.abc import Iterable, Iterator
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache
from urllib.parse import quote as percent_encode

from app.clock import to_datetime
from app.services.export.about import ExportInfo
from app.services.export.plain import describe_event, find_action
from app.services.history.entry import HistoryEntry
from app.settings import derive_prefix
from app.text.graphemes import truncate_characters
from app.text.sanitise import clean, clean_lines

MAX_LINE_BYTES = 998  # RFC 5322 section 2.1.1
MAX_LOCAL_PART_LENGTH = 60
MAX_SUBJECT_LENGTH = 70  # characters
_FROM_LINE = re.compile(r"^(>*From )", re.MULTILINE)


def write_mbox(entries: Iterable[HistoryEntry], about: ExportInfo) -> Iterator[str]:
    """Yield the entries as the messages of a mailbox."""
    domain = f"{derive_prefix(about.servername)}.invalid"
    for entry in entries:
        body, encoding = _encode_body(_text(entry))
        yield f"{_from_line(entry, domain)}\n"
        for name, value in _headers(entry, domain):
            yield f"{name}: {value}\n"
        yield f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n{encoding}\n"
        yield _FROM_LINE.sub(r">\1", body) + "\n\n"


def _from_line(entry: HistoryEntry, domain: str) -> str:
    """Return the line that separates messages: author and time in UTC."""
    return f"From {_address(entry.nick, domain)} {time.asctime(time.gmtime(entry.at // 1000))}"


def _headers(entry: HistoryEntry, domain: str) -> Iterator[tuple[str, str]]:
    """Yield the headers of a message in the usual order."""
    yield "From", _mailbox(entry.nick, domain)
    yield "To", _mailbox(entry.heading, domain)
    yield "Date", format_datetime(to_datetime(entry.at))
    yield "Message-ID", f"<{entry.id}@{domain}>"
    if entry.reply_to:
        answered = f"<{percent_encode(entry.reply_to, safe='')[:MAX_LOCAL_PART_LENGTH]}@{domain}>"
        yield "In-Reply-To", answered
        yield "References", answered
    yield "Subject", _encode(_subject(entry), "Subject")
    if entry.account:
        yield "X-Chat-Account", _encode(clean(entry.account), "X-Chat-Account")
    yield "X-Chat-Kind", entry.kind.value


def _text(entry: HistoryEntry) -> str:
    """Return the body of a message."""
    if not entry.is_message:
        return describe_event(entry)
    action = find_action(entry)
    return clean_lines(entry.text) if action is None else f"* {clean(entry.nick)} {action}"


def _subject(entry: HistoryEntry) -> str:
    """Return the first line of the body, shortened."""
    first = _text(entry).partition("\n")[0].strip()
    shortened = truncate_characters(first, MAX_SUBJECT_LENGTH)
    return shortened if shortened == first else f"{shortened}..."


@lru_cache(maxsize=1024)
def _mailbox(name: str, domain: str) -> str:
    """Return a display name and address, such as `anna <anna@chat.internal.invalid>`."""
    shown = clean(name)
    if not _is_plain(shown):
        return f"{_encode(shown, 'From')} <{_address(name, domain)}>"
    return formataddr((shown, _address(name, domain)))


def _address(name: str, domain: str) -> str:
    local_part = percent_encode(name, safe="").replace(".", "%2E")[:MAX_LOCAL_PART_LENGTH]
    return f"{local_part or 'server'}@{domain}"


def _encode(value: str, name: str) -> str:
    """Return a header's value, encoded (RFC 2047) and folded where necessary."""
    charset = "us-ascii" if _is_plain(value) else "utf-8"
    return Header(value, charset, header_name=name).encode()


def _is_plain(value: str) -> bool:
    """Return whether a header may contain a text as it is: `=?` would begin an encoded word."""
    return value.isascii() and "=?" not in value


def _encode_body(text: str) -> tuple[str, str]:
    """Return a body and the header of its encoding, which overlong lines make necessary."""
    if max(len(line.encode()) for line in text.split("\n")) <= MAX_LINE_BYTES:
        return text, f"Content-Transfer-Encoding: {'7bit' if text.isascii() else '8bit'}\n"
    encoded = quopri.encodestring(text.encode()).decode("ascii")
    return encoded, "Content-Transfer-Encoding: quoted-printable\n"
