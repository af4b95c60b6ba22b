"""The archive of an export, written as it is read, whatever the length of the history."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from app.db.database import Database
from app.services.accounts.accounts import get_account
from app.services.export import FORMATS, ExportInfo
from app.services.history.history import History
from app.services.history.selection import HistorySelection
from app.services.user_export.log import belongs_to, read_events
from app.services.user_export.page import write_page
from app.services.user_export.profile import read_audit_entries, read_profile, read_sessions
from app.text.sanitise import escape_hidden
from app.wire.names import fold


def write_archive(database: Database, name: str, about: ExportInfo, path: Path) -> int:
    """Write the archive of an account to an existing file; return the number of its messages.

    Raises: NotFound.
    """
    with database.reading() as session:
        account = get_account(session, fold(name))
        condition = belongs_to(account)
        profile = read_profile(session, account)
        sessions, audit = read_sessions(session, account), read_audit_entries(session, account)
    history = History(database, HistorySelection(direct=True, condition=condition))
    count = 0

    def entries(by_room: bool) -> Iterator[Any]:
        nonlocal count
        count = 0
        for count, entry in enumerate(history.entries(by_room), 1):  # noqa: B007
            yield entry

    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        _add(archive, "index.html", write_page(profile, len(sessions), about))
        _add(archive, "messages.html", FORMATS["html"].write(entries(by_room=True), about))
        _add(archive, "messages.jsonl", FORMATS["jsonl"].write(entries(by_room=False), about))
        _add(archive, "events.jsonl", (f"{_json(row)}\n" for row in read_events(database, condition)))
        for member, value in (("profile", profile), ("sessions", sessions), ("audit", audit)):
            _add(archive, f"{member}.json", [_json(value, indent=2)])
    return count


def _json(value: Any, indent: int | None = None) -> str:
    return escape_hidden(json.dumps(value, ensure_ascii=False, indent=indent))


def _add(archive: ZipFile, name: str, pieces: Iterable[str]) -> None:
    """Add a file to the archive."""
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece.encode())
