"""Answers of the server that have no topic of their own: lists, errors, notices."""

from app.client.protocol import history, registration, resume, sasl, search
from app.client.protocol.dispatch import moment, on, param
from app.client.protocol.effects import Effects
from app.client.protocol.events import AwayChanged, Ignored, Notice, Table
from app.client.protocol.model import ClientState
from app.wire.line import Line

MAX_TABLE_ROWS = 2_000  # rows kept of one list; more nobody reads


@on("002", "003", "004", "250", "251", "252", "253", "254", "255", "265", "266", "321", "328", "329")
@on("375", "376", "422", "ACK", "CHGHOST", "SETNAME", "MARKREAD", "METADATA")
def ignored(state: ClientState, line: Line) -> Effects:
    """What only programs need."""
    yield Ignored(line.command)


@on("372")
def message_of_the_day(state: ClientState, line: Line) -> Effects:
    """One line of what the server wants everybody to read."""
    yield Notice(param(line, 1).removeprefix("- "))


# What WHOIS says of somebody; each number is a parameter.
WHOIS = {
    "311": "{1} is {2}@{3} ({5})",
    "312": "{1} is connected to {2} ({3})",
    "313": "{1} {2}",
    "317": "{1} has been idle for {2} s",
    "319": "{1} is in {2}",
    "330": "{1} is logged in as {2}",
    "335": "{1} {2}",
    "338": "{1} comes from {2}",
    "378": "{1} {2}",
    "671": "{1} {2}",
}


@on(*WHOIS)
def somebody(state: ClientState, line: Line) -> Effects:
    """One thing that WHOIS says."""
    words = line.params + [""] * 6
    yield Notice(WHOIS[line.command].format(*words))


@on("318", "369")
def somebody_ended(state: ClientState, line: Line) -> Effects:
    """That was all about somebody."""
    yield from ()


def unknown(state: ClientState, line: Line) -> Effects:
    """Show what has no handler: an error as such, any other numeric as the words it has."""
    if not line.command.isdecimal():
        yield Ignored(line.command)
        return
    is_error = line.command >= "400"
    words = [word for word in line.params[1:] if word]
    if is_error and len(words) > 1:
        words[-1] = f"— {words[-1]}"
    yield Notice(" ".join(words), is_error=is_error, at=moment(state, line))


@on("421", "451")
def unknown_command(state: ClientState, line: Line) -> Effects:
    """The server does not know a command, or not yet; what waits for its answer must not wait for ever."""
    match param(line, 1).upper():
        case "CAP":
            yield from registration.without_capabilities(state)
        case "CHATHISTORY":
            yield from history.refused(state, line)
        case _ if state.is_online:
            yield from unknown(state, line)


@on("NOTE", "WARN")
def remark(state: ClientState, line: Line) -> Effects:
    """The server remarks something (standard replies)."""
    yield Notice(param(line, -1), is_error=line.command == "WARN")


@on("FAIL")
def failure(state: ClientState, line: Line) -> Effects:
    """A command failed (standard replies)."""
    match param(line, 0):
        case "CHATHISTORY" if "TARGETS" in line.params:
            yield from resume.targets_refused(state, line)
        case "CHATHISTORY":
            yield from history.refused(state, line)
        case "SEARCH":
            yield from search.refused(state, line)
        case "REGISTER":
            yield from sasl.registration_failed(state, line)
        case _:
            yield Notice(param(line, -1), is_error=True)


@on("ERROR")
def closing(state: ClientState, line: Line) -> Effects:
    """The server says why it closes the connection."""
    yield Notice(f"The server says: {param(line, 0)}", is_error=True)


@on("KILL")
def killed(state: ClientState, line: Line) -> Effects:
    """Somebody with authority ends our connection."""
    yield Notice(f"{line.nick} ended this connection: {param(line, -1)}", is_error=True)


@on("301")
def somebody_is_away(state: ClientState, line: Line) -> Effects:
    """Somebody we wrote to is away."""
    yield AwayChanged(param(line, 1), param(line, 2), moment(state, line))


@on("305", "306")
def away_noted(state: ClientState, line: Line) -> Effects:
    """The server notes that we are away or back."""
    yield Notice(param(line, -1))


@on("352")
def who_row(state: ClientState, line: Line) -> Effects:
    """One person of a WHO answer."""
    real_name = param(line, 7).partition(" ")[2]
    row = (param(line, 5), f"{param(line, 2)}@{param(line, 3)}", _standing(param(line, 6)), real_name)
    yield from _keep(state, row)


def _standing(flags: str) -> str:
    """Return the flags of a WHO answer in words."""
    marks = "".join(mark for mark in flags if mark in "~&@%+")
    return f"{'away' if flags.startswith('G') else 'here'} {marks}".strip()


@on("322")
def list_row(state: ClientState, line: Line) -> Effects:
    """One room of a LIST answer."""
    yield from _keep(state, (param(line, 1), param(line, 2), param(line, 3)))


def _keep(state: ClientState, row: tuple[str, ...]) -> Effects:
    """Keep a row until its list is complete."""
    if len(state.connection.rows) < MAX_TABLE_ROWS:
        state.connection.rows.append(row)
    yield from ()


@on("315", "323")
def list_ended(state: ClientState, line: Line) -> Effects:
    """A list is complete: show it."""
    rows, state.connection.rows = state.connection.rows, []
    title = "Rooms (name, people, topic)" if line.command == "323" else f"Who is in {param(line, 1)}"
    yield Table(title, tuple(rows))
