"""chat-admin user: the accounts, and who is here."""

from typing import Annotated

import typer

from app.cli.admin import moments
from app.cli.admin.asking import PasswordFile, PasswordStdin, confirm, read_password
from app.cli.admin.context import AdminContext
from app.cli.admin.declare import Yes, command, new_noun
from app.cli.admin.output import as_row
from app.clock import to_datetime, to_datetime_or_none
from app.db.models import SessionRow
from app.errors import UsageError
from app.services import administration, applications, certificates, metadata, people
from app.services.accounts import get_account, hash_password
from app.wire.names import fold

MAX_SESSIONS_SHOWN = 5

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
    context: AdminContext, online: Online = False, search: Search = None, inactive_since: InactiveSince = None
) -> None:
    """List the accounts, and who of them is online."""
    before = moments.since(inactive_since, context.clock.now())
    with context.reading() as session:
        found = people.list_people(session, search, before, online)
    context.out.table(found, _nobody(online, search is not None or before is not None))


def _nobody(online: bool, chosen: bool) -> str:
    if online:
        return "Nobody is online."
    return (
        "There are no such accounts." if chosen else "There are no accounts yet; /reg in a client makes one."
    )


@command(app, "show")
def show(context: AdminContext, name: Name) -> None:
    """Show an account, what it says for clients to show, and its latest connections."""
    with context.reading() as session:
        person = people.get_person(session, name)
        said = metadata.get_account_metadata(session, get_account(session, fold(name)).id)
        connections = [
            _connection(row) for row in people.list_latest_sessions(session, person.name, MAX_SESSIONS_SHOWN)
        ]
    found = {**as_row(person), "metadata": said}
    if context.as_json:
        context.out.record({**found, "connections": connections})
    else:
        context.out.record(found)
        context.out.table(connections, "No connections yet.")


def _connection(session: SessionRow) -> dict[str, object]:
    return {
        "nick": session.nick,
        "address": session.address,
        "host": session.host,
        "connected": to_datetime(session.connected),
        "disconnected": to_datetime_or_none(session.disconnected),
    }


@command(app, "create")
def create(
    context: AdminContext,
    name: Name,
    role: Role = "user",
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> None:
    """Make an account. The password is asked for, or read where an option says."""
    name = administration.check_account_name(name, context.settings.nick_length)
    administration.check_role(role)
    with context.glancing() as database:
        if database is not None:
            with database.reading() as session:
                administration.require_free_name(session, name)
    secret = hash_password(read_password(password_stdin, password_file, context.settings.password_shortest))
    context.change(
        lambda admin: administration.create_account(admin, name, secret, role),
        create=True,
    )
    context.out.done(f"Made the account {name} ({role}).", name=name, role=role)


@command(app, "passwd")
def passwd(
    context: AdminContext,
    name: Name,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    yes: Yes = False,
) -> None:
    """Give an account another password. Whoever is logged in to it is disconnected."""
    name = _existing(context, name)
    confirm(f"Change the password of {name}?", yes)
    secret = hash_password(read_password(password_stdin, password_file, context.settings.password_shortest))
    context.change(lambda admin: administration.set_password(admin, name, secret))
    context.out.done(f"{name} has a new password.", name=name, changed=True)


@command(app, "disable")
def disable(context: AdminContext, name: Name, yes: Yes = False) -> None:
    """Close an account: nobody can log in to it, and who is logged in is disconnected."""
    name = _existing(context, name)
    confirm(f"Disable the account {name}?", yes)
    _set_disabled(context, name, True)


@command(app, "enable")
def enable(context: AdminContext, name: Name) -> None:
    """Open a disabled account again."""
    _set_disabled(context, _existing(context, name), False)


@command(app, "certs")
def certs(context: AdminContext, name: Name) -> None:
    """List the certificates that open an account, by their fingerprints."""
    with context.reading() as session:
        found = certificates.list_certificates(session, name)
    context.out.table(found, f"No certificate opens {name}.")


@command(app, "pending")
def pending(context: AdminContext) -> None:
    """List who has applied for an account and has yet to show the code that was mailed to them."""
    with context.reading() as session:
        found = applications.list_applications(session, context.clock.now())
    context.out.table(found, "Nobody has applied for an account.")


@command(app, "verify")
def verify(context: AdminContext, name: Name) -> None:
    """Make the account that somebody has applied for, without the code that was mailed."""
    context.change(lambda admin: applications.verify_application(admin, name))
    context.out.done(f"The account {name} is made.", name=name)


@command(app, "role")
def role(
    context: AdminContext,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="ROLE", help="The new role: user or admin.")],
    yes: Yes = False,
) -> None:
    """Give an account another role; an admin moderates official rooms, and disconnects and bans people."""
    administration.check_role(new)
    name = _existing(context, name)
    confirm(f"Make {name} {new}?", yes)
    changed = context.change(lambda admin: administration.set_role(admin, name, new))
    sentence = f"{name} is {new} now." if changed else f"{name} is {new} already."
    context.out.done(sentence, name=name, role=new, changed=changed)


@command(app, "always-on")
def always_on(
    context: AdminContext,
    name: Name,
    choice: Annotated[str, typer.Argument(metavar="on|off", help="Whether it stays.")],
) -> None:
    """Let an account stay in its rooms while none of its devices is connected, or not."""
    wanted = _on_or_off(choice)
    name = _existing(context, name)
    changed = context.change(lambda admin: administration.set_always_on(admin, name, wanted))
    state = "stays in its rooms without a device" if wanted else "leaves with its last device"
    sentence = f"{name} {state} {'now' if changed else 'already'}."
    context.out.done(sentence, name=name, always_on=wanted, changed=changed)


def _on_or_off(choice: str) -> bool:
    """Read a choice.

    Raises: UsageError.
    """
    if choice not in ("on", "off"):
        raise UsageError(f"{choice} is neither on nor off.")
    return choice == "on"


def _set_disabled(context: AdminContext, name: str, disabled: bool) -> None:
    changed = context.change(lambda admin: administration.set_disabled(admin, name, disabled))
    state = "disabled" if disabled else "enabled"
    context.out.done(
        f"{name} is {state} {'now' if changed else 'already'}.", name=name, disabled=disabled, changed=changed
    )


def _existing(context: AdminContext, name: str) -> str:
    """Return the name of an account as it is spelled.

    Raises: NotFound.
    """
    with context.reading() as session:
        return people.get_person(session, name).name
