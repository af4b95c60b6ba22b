"""Projection for redactions, which change a row of the log itself and its entry in the index."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, select, update

from app.db.chain.erasure import erase_content
from app.db.fulltext import fulltext_of
from app.db.models import EventRow
from app.events import Event, Kind
from app.events.data import MessageData, RedactedData, from_json, to_json
from app.services.projections.projection import Projection


def _redacted(connection: Connection, event: Event) -> None:
    """Erase the text and tags of the message, but keep its row."""
    message_id = RedactedData.of(event).event
    is_message = EventRow.id == message_id
    fulltext_of(connection).remove(connection, [message_id])
    erase_content(connection, [message_id])
    stored = connection.execute(select(EventRow.data).where(is_message)).scalar_one_or_none()
    message = from_json(Kind.PRIVMSG, stored)
    data = message if isinstance(message, MessageData) else MessageData()
    blanked = replace(data, lines=None, tags=None, redacted=event.id)
    connection.execute(update(EventRow).where(is_message).values(text="", data=to_json(blanked)))


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.REDACTED: _redacted,
}
