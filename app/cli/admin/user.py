"""chat-admin user: the accounts, and who is here."""

from typing import Annotated

import typer

from app.cli.admin import moments
from app.cli.admin.asking import PasswordFile, PasswordStdin, confirm, read_password
from app.cli.admin.declare import Yes, command, new_noun
from app.cli.admin.desk import Desk
from app.cli.admin.output import as_row
from app.clock import to_datetime, to_datetime_or_none
from app.db.models import Session
from app.errors import UsageError
from app.services import administration, applications, certificates, metadata, people
from app.services.accounts import get_account, protect
from app.wire.names import fold

SESSIONS_SHOWN = 5

app = new_noun("user", "See and change accounts.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
Role = Annotated[str, typer.Option("--role", help="What the account may do: user or admin.")]
Online = Annotated[bool, typer.Option("--online", help="Only who is connected now, guests included.")]
Search = Annotated[
    str | None, typer.Option("--search", metavar="TEXT", help="Only names with this text in them.")
]
InactiveSince = Annotated[
    str | None,
    typer.Option("--inactive-since", metavar="TIME", help="Only accounts not seen since: 2026-11-22, 90d."),
]


@command(app, "list")
def list_(
    desk: Desk, online: Online = False, search: Search = None, inactive_since: InactiveSince = None
) -> None:
    """List the accounts, and who of them is online."""
    before = moments.since(inactive_since, desk.clock.now())
    with desk.reading() as session:
        found = people.people(session, search, before, online)
    desk.out.table(found, _nobody(online, search is not None or before is not None))


def _nobody(online: bool, chosen: bool) -> str:
    if online:
        return "Nobody is online."
    return (
        "There are no such accounts." if chosen else "There are no accounts yet; /reg in a client makes one."
    )


@command(app, "show")
def show(desk: Desk, name: Name) -> None:
    """Show an account, what it says for clients to show, and its latest connections."""
    with desk.reading() as session:
        person = people.get_person(session, name)
        said = metadata.of_account(session, get_account(session, fold(name)).id)
        connections = [_connection(row) for row in people.last_sessions(session, person.name, SESSIONS_SHOWN)]
    found = {**as_row(person), "metadata": said}
    if desk.as_json:
        desk.out.record({**found, "connections": connections})
    else:
        desk.out.record(found)
        desk.out.table(connections, "No connections yet.")


def _connection(session: Session) -> dict[str, object]:
    return {
        "nick": session.nick,
        "address": session.address,
        "host": session.host,
        "connected": to_datetime(session.connected),
        "disconnected": to_datetime_or_none(session.disconnected),
    }


@command(app, "create")
def create(
    desk: Desk,
    name: Name,
    role: Role = "user",
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> None:
    """Make an account. The password is asked for, or read where an option says."""
    name = administration.account_name(name, desk.settings.nick_length)
    administration.check_role(role)
    with desk.glancing() as database:
        if database is not None:
            with database.reading() as session:
                administration.refuse_if_taken(session, name)
    secret = protect(read_password(password_stdin, password_file, desk.settings.password_shortest))
    desk.change(
        lambda admin: administration.account_created(admin, name, secret, role),
        create=True,
    )
    desk.out.done(f"Made the account {name} ({role}).", name=name, role=role)


@command(app, "passwd")
def passwd(
    desk: Desk,
    name: Name,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    yes: Yes = False,
) -> None:
    """Give an account another password. Whoever is logged in to it is disconnected."""
    name = _existing(desk, name)
    confirm(f"Change the password of {name}?", yes)
    secret = protect(read_password(password_stdin, password_file, desk.settings.password_shortest))
    desk.change(lambda admin: administration.password_set(admin, name, secret))
    desk.out.done(f"{name} has a new password.", name=name, changed=True)


@command(app, "disable")
def disable(desk: Desk, name: Name, yes: Yes = False) -> None:
    """Close an account: nobody can log in to it, and who is logged in is disconnected."""
    name = _existing(desk, name)
    confirm(f"Disable the account {name}?", yes)
    _set_disabled(desk, name, True)


@command(app, "enable")
def enable(desk: Desk, name: Name) -> None:
    """Open a disabled account again."""
    _set_disabled(desk, _existing(desk, name), False)


@command(app, "certs")
def certs(desk: Desk, name: Name) -> None:
    """List the certificates that open an account, by their fingerprints."""
    with desk.reading() as session:
        found = certificates.certificates(session, name)
    desk.out.table(found, f"No certificate opens {name}.")


@command(app, "pending")
def pending(desk: Desk) -> None:
    """List who has applied for an account and has yet to show the code that was mailed to them."""
    with desk.reading() as session:
        found = applications.applications(session, desk.clock.now())
    desk.out.table(found, "Nobody has applied for an account.")


@command(app, "verify")
def verify(desk: Desk, name: Name) -> None:
    """Make the account that somebody has applied for, without the code that was mailed."""
    desk.change(lambda admin: applications.verified(admin, name))
    desk.out.done(f"The account {name} is made.", name=name)


@command(app, "role")
def role(
    desk: Desk,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="ROLE", help="The new role: user or admin.")],
    yes: Yes = False,
) -> None:
    """Give an account another role; an admin moderates official rooms, and disconnects and bans people."""
    administration.check_role(new)
    name = _existing(desk, name)
    confirm(f"Make {name} {new}?", yes)
    changed = desk.change(lambda admin: administration.role_set(admin, name, new))
    sentence = f"{name} is {new} now." if changed else f"{name} is {new} already."
    desk.out.done(sentence, name=name, role=new, changed=changed)


@command(app, "always-on")
def always_on(
    desk: Desk,
    name: Name,
    choice: Annotated[str, typer.Argument(metavar="on|off", help="Whether it stays.")],
) -> None:
    """Let an account stay in its rooms while none of its devices is connected, or not."""
    wanted = _on_or_off(choice)
    name = _existing(desk, name)
    changed = desk.change(lambda admin: administration.always_on_set(admin, name, wanted))
    state = "stays in its rooms without a device" if wanted else "leaves with its last device"
    sentence = f"{name} {state} {'now' if changed else 'already'}."
    desk.out.done(sentence, name=name, always_on=wanted, changed=changed)


def _on_or_off(choice: str) -> bool:
    """Read a choice.

    Raises: UsageError.
    """
    if choice not in ("on", "off"):
        raise UsageError(f"{choice} is neither on nor off.")
    return choice == "on"


def _set_disabled(desk: Desk, name: str, disabled: bool) -> None:
    changed = desk.change(lambda admin: administration.disabled_set(admin, name, disabled))
    state = "disabled" if disabled else "enabled"
    desk.out.done(
        f"{name} is {state} {'now' if changed else 'already'}.", name=name, disabled=disabled, changed=changed
    )


def _existing(desk: Desk, name: str) -> str:
    """Return the name of an account as it is spelled.

    Raises: NotFound.
    """
    with desk.reading() as session:
        return people.get_person(session, name).name
