"""The headings of history, search results and unread messages."""

from app.client.display.display_context import Lines
from app.client.display.style import Style, piece
from app.client.protocol.channel_view import MAX_UNREAD_MESSAGES
from app.client.protocol.events import HistoryPage, SearchResult, UnreadMessages
from app.text.counts import count_of


def empty_text(page: HistoryPage | SearchResult) -> str:
    """Return the text for a page without messages."""
    if isinstance(page, SearchResult):
        return f"No messages match {page.query}."
    return f"No messages in {page.room} in that period."


def title(page: HistoryPage | SearchResult) -> str:
    """Return the heading of a page."""
    messages = count_of(len(page.messages), "message")
    if isinstance(page, SearchResult):
        return f"── search for {page.query}: {messages}{', there may be more' * page.is_truncated} ──"
    return f"── history of {page.room}: {messages}{', there are more' * page.is_truncated} ──"


def unread_heading(unread: UnreadMessages) -> Lines:
    """Return the heading of unread messages, and a hint for showing the omitted ones."""
    bound = "at least " if unread.count >= MAX_UNREAD_MESSAGES else ""
    preposition = "from" if unread.is_direct else "in"
    heading = f"── {bound}{unread.count} unread {preposition} {unread.room} ──"
    lines = [[piece(heading, Style.BOLD)]]
    if unread.hidden:
        hint = f"The first {unread.hidden} are not shown. In {unread.room}, use /history {unread.count}."
        lines.append([piece(hint, Style.DIM)])
    return lines
