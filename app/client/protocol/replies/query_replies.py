"""Handlers of query replies, standard replies and errors."""

from app.client.protocol.effects import Effects
from app.client.protocol.events import AwayReceived, Ignored, Notice, RoomsFound, Table
from app.client.protocol.history import pages, resume, search, unread
from app.client.protocol.lines import line_time, param
from app.client.protocol.login import registration, sasl
from app.client.protocol.membership import away
from app.client.protocol.membership.rooms import STATUS_PREFIXES
from app.client.protocol.model import ClientState
from app.client.protocol.replies import reply_texts
from app.client.protocol.sending import edits
from app.wire.line import Line

MAX_TABLE_ROWS = 2_000  # per reply; further rows are dropped


IGNORED = (
    *("002", "003", "250", "251", "252", "253", "254", "255", "265", "266", "321", "328", "329"),
    *reply_texts.SILENT,
    *("375", "376", "422", "ACK", "CHGHOST", "SETNAME", "METADATA"),
)


def on_ignored(state: ClientState, line: Line) -> Effects:
    """Ignore a line that requires no action."""
    yield Ignored(line.command)


def on_motd(state: ClientState, line: Line) -> Effects:
    """Show a line of the message of the day."""
    yield Notice(param(line, 1).removeprefix("- "))


def on_end_of_whois(state: ClientState, line: Line) -> Effects:
    """Ignore the end of a WHOIS reply."""
    yield from ()


def on_unknown(state: ClientState, line: Line) -> Effects:
    """Show the parameters of a numeric without a handler; ignore other commands."""
    if not line.command.isdecimal():
        yield Ignored(line.command)
        return
    is_error = line.command >= "400"
    yield Notice(reply_texts.describe(line), is_error, line_time(state, line))


def on_unknown_command(state: ClientState, line: Line) -> Effects:
    """Handle a command that the server does not accept, so that nothing waits for its reply."""
    match param(line, 1).upper():
        case "CAP":
            yield from registration.on_cap_unknown(state)
        case "CHATHISTORY":
            yield from pages.on_history_fail(state, line)
        case _ if state.is_online:
            yield from reply_texts.on_refusal(state, line)


def on_note(state: ClientState, line: Line) -> Effects:
    """Show a NOTE or WARN (IRCv3 standard replies)."""
    yield Notice(param(line, -1), is_error=line.command == "WARN")


def on_fail(state: ClientState, line: Line) -> Effects:
    """Handle a FAIL (IRCv3 standard replies)."""
    match param(line, 0):
        case "CHATHISTORY" if "TARGETS" in line.params:
            yield from resume.on_targets_fail(state, line)
        case "CHATHISTORY":
            yield from pages.on_history_fail(state, line)
        case "MARKREAD":
            yield from unread.on_markread_fail(state, line)
        case "REDACT":
            yield from edits.on_redact_fail(state, line)
        case "SEARCH":
            yield from search.on_search_fail(state, line)
        case "REGISTER":
            yield from sasl.on_register_fail(state, line)
        case _:
            yield Notice(param(line, -1), is_error=True)


def on_error(state: ClientState, line: Line) -> Effects:
    """Show why the server is closing the connection."""
    yield Notice(f"Disconnected by the server: {param(line, 0)}", is_error=True)


def on_kill(state: ClientState, line: Line) -> Effects:
    """Show that an operator disconnected us."""
    yield Notice(f"{line.nick} disconnected you: {param(line, -1)}", is_error=True)


def on_who_reply(state: ClientState, line: Line) -> Effects:
    """Collect one user of a WHO reply, unless it was requested for the away states."""
    away.set_away_by_flags(state, param(line, 1), param(line, 5), param(line, 6))
    if away.is_requested(state, param(line, 1)):
        return
    real_name = param(line, 7).partition(" ")[2]
    row = (param(line, 5), f"{param(line, 2)}@{param(line, 3)}", _describe_flags(param(line, 6)), real_name)
    _add_row(state.connection.who_rows, row)
    yield from ()


def _describe_flags(flags: str) -> str:
    """Return the flags of a WHO reply as `here` or `away`, followed by the status prefixes."""
    prefixes = "".join(flag for flag in flags if flag in STATUS_PREFIXES)
    return f"{'away' if flags.startswith('G') else 'here'} {prefixes}".strip()


def on_list_reply(state: ClientState, line: Line) -> Effects:
    """Collect one room of a LIST reply."""
    _add_row(state.connection.list_rows, (param(line, 1), param(line, 2), param(line, 3)))
    yield from ()


def _add_row(rows: list[tuple[str, ...]], row: tuple[str, ...]) -> None:
    if len(rows) < MAX_TABLE_ROWS:
        rows.append(row)


def on_end_of_who(state: ClientState, line: Line) -> Effects:
    """Show a complete WHO reply, or that the away states were received."""
    if away.finish_request(state, param(line, 1)):
        yield AwayReceived(param(line, 1))
        return
    rows, state.connection.who_rows = state.connection.who_rows, []
    yield Table(f"Users in {param(line, 1)}", tuple(rows))


def on_end_of_list(state: ClientState, line: Line) -> Effects:
    """Show a complete LIST reply, or offer its rooms."""
    rows, state.connection.list_rows = state.connection.list_rows, []
    if state.connection.finds_rooms:
        state.connection.finds_rooms = False
        yield RoomsFound(tuple(rows))
    else:
        yield Table("Rooms (name, members, topic)", tuple(rows))
