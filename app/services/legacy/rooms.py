"""The destination room of imported messages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db import models
from app.errors import ChatError
from app.events import Event, Kind
from app.events.data import CreatedData, MessageData, from_json
from app.services.legacy.rows import NewMessage
from app.services.rooms.rooms import find_room, official_room_event

Author = Callable[[NewMessage], tuple[str, str | None]]


class ImportDestination:
    """The destination room, created if missing.

    `resumes` is set if the room already contains messages from the same legacy database.
    """

    def __init__(self, name: str, clock: Clock, by: str) -> None:
        self.resumes = False
        self._name = name
        self._clock = clock
        self._by = by
        self._last = 0  # time of the newest message, in milliseconds

    def make_events(
        self, session: Session | None, messages: Sequence[NewMessage], author: Author
    ) -> list[Event]:
        """Return the events that add the messages, in order and with strictly increasing times.

        If the room does not exist, the first event creates it.

        Raises: ChatError when the room has later messages from another source.
        """
        room = None if session is None else find_room(session, self._name)
        if session is not None and room is not None:
            self._check_order(session, room, messages[0])
        creation = [] if room else [self._creation_event(messages[0].at)]
        room_id = room.id if room else creation[0].room
        message_events = [event for message in messages for event in self._events(room_id, message, author)]
        self.resumes = True
        return creation + message_events

    def _check_order(self, session: Session, room: models.RoomRow, first: NewMessage) -> None:
        query = select(models.EventRow.at, models.EventRow.data).where(
            models.EventRow.room_id == room.id, models.SPOKEN
        )
        newest = session.execute(query.order_by(models.EventRow.at.desc()).limit(1)).first()
        if newest is None:
            return
        continues_import = self.resumes and _is_imported(newest.data)
        if newest.at >= first.at and not continues_import:
            raise ChatError(
                f"{room.name} has messages later than the next one to import "
                f"({to_datetime(first.at):%Y-%m-%d %H:%M} UTC), so they would be out of order; "
                "import into another room, for example --room '#archive'."
            )
        self._last = max(self._last, newest.at)

    def _creation_event(self, first_message_at: int) -> Event:
        """Return the event that creates the room, one millisecond before its first message."""
        event = official_room_event(self._clock, self._by, self._name)
        event.data, event.at = replace(CreatedData.of(event), imported=True), first_message_at - 1
        return event

    def _events(self, room_id: int | None, message: NewMessage, author: Author) -> list[Event]:
        nick, account = author(message)
        events = []
        for line in message.lines:
            self._last = max(message.at, self._last + 1)
            events.append(
                Event(
                    Kind.PRIVMSG,
                    room=room_id,
                    nick=nick,
                    account=account,
                    target=self._name,
                    text=line,
                    data=_message_data(nick, message.author),
                    at=self._last,
                )
            )
        return events


def _message_data(nick: str, author: str) -> MessageData:
    return MessageData(author=author if author != nick else None, imported=True)


def _is_imported(stored: Mapping[str, Any] | None) -> bool:
    data = from_json(Kind.PRIVMSG, stored)
    return data is not None and data.imported
