"""chat-admin user: accounts and online users."""

from typing import Annotated

import typer

from app.cli.admin import times
from app.cli.admin.command_declaration import Yes, command, new_noun
from app.cli.admin.commands.accounts.arguments import Name, NewName
from app.cli.admin.commands.accounts.user_deletion import delete, receipt
from app.cli.admin.commands.accounts.user_export import export
from app.cli.admin.commands.accounts.user_renaming import rename
from app.cli.admin.commands.moderation.metadata import Clear, Remove, show_or_remove
from app.cli.admin.context import AdminContext
from app.cli.admin.output import as_row
from app.cli.admin.prompts import PasswordFile, PasswordStdin, confirm, read_password_hashes
from app.clock import to_datetime, to_datetime_or_none
from app.db.models import SessionRow
from app.errors import UsageError
from app.services import metadata
from app.services.accounts import administration, applications, certificates
from app.services.accounts.accounts import get_account
from app.services.administration import moderation
from app.services.users import people
from app.wire.names import fold

MAX_SESSIONS_SHOWN = 5

app = new_noun("user", "Manage accounts.")

Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="Role of the account: user or admin.")]
Online = Annotated[bool, typer.Option("--online", help="Only users who are online now, including guests.")]
Search = Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Only names that contain TEXT.")]
InactiveSince = Annotated[
    str | None,
    typer.Option(
        "--inactive-since", metavar="TIME", help="Only accounts not seen since TIME: 2026-11-22, 90d."
    ),
]


@command(app, "list")
def list_(
    context: AdminContext, online: Online = False, search: Search = None, inactive_since: InactiveSince = None
) -> None:
    """List accounts and whether they are online."""
    before = times.since(inactive_since, context.clock.now())
    with context.reading() as session:
        found = people.list_people(session, search, before, online)
    context.out.table(found, _empty_list_note(online, search is not None or before is not None))


def _empty_list_note(online: bool, chosen: bool) -> str:
    if online:
        return "Nobody is online."
    return (
        "No matching accounts."
        if chosen
        else "There are no accounts yet. Register one with /reg in a client."
    )


@command(app, "show")
def show(context: AdminContext, name: Name) -> None:
    """Show an account, its metadata and its latest connections."""
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
    name: NewName,
    role: Role = "user",
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
) -> None:
    """Create an account. Prompts for the password unless an option supplies it."""
    name = administration.check_account_name(name, context.settings.nick_length)
    administration.check_role(role)
    with context.database_if_exists() as database:
        if database is not None:
            with database.reading() as session:
                administration.require_free_name(session, context.clock, name)
    secret = read_password_hashes(password_stdin, password_file, context.settings.password_shortest)
    context.change(
        lambda admin: administration.create_account(admin, name, secret, role),
        create=True,
    )
    context.out.done(f"Created the account {name} ({role}).", name=name, role=role)


@command(app, "passwd")
def passwd(
    context: AdminContext,
    name: Name,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    yes: Yes = False,
) -> None:
    """Change the password of an account and disconnect its sessions."""
    name = _canonical_name(context, name)
    confirm(f"Change the password of {name}?", yes)
    secret = read_password_hashes(password_stdin, password_file, context.settings.password_shortest)
    context.change(lambda admin: administration.set_password(admin, name, secret))
    context.out.done(f"Changed the password of {name}.", name=name, changed=True)


@command(app, "disable")
def disable(context: AdminContext, name: Name, yes: Yes = False) -> None:
    """Disable an account: refuse logins and disconnect its sessions."""
    name = _canonical_name(context, name)
    confirm(f"Disable the account {name}?", yes)
    _set_disabled(context, name, True)


@command(app, "enable")
def enable(context: AdminContext, name: Name) -> None:
    """Enable a disabled account."""
    _set_disabled(context, _canonical_name(context, name), False)


@command(app, "certs")
def certs(context: AdminContext, name: Name) -> None:
    """List the fingerprints of an account's client certificates."""
    with context.reading() as session:
        found = certificates.list_certificates(session, name)
    context.out.table(found, f"{name} has no certificates.")


@command(app, "pending")
def pending(context: AdminContext) -> None:
    """List registrations that await e-mail verification."""
    with context.reading() as session:
        found = applications.list_applications(session, context.clock.now())
    context.out.table(found, "There are no pending registrations.")


@command(app, "verify")
def verify(context: AdminContext, name: Name) -> None:
    """Complete a pending registration without the code sent by e-mail."""
    context.change(lambda admin: applications.verify_application(admin, name))
    context.out.done(f"Created the account {name}.", name=name)


@command(app, "role")
def role(
    context: AdminContext,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="ROLE", help="New role: user or admin.")],
    yes: Yes = False,
) -> None:
    """Change the role of an account. Admins moderate official rooms, kick and ban users."""
    administration.check_role(new)
    name = _canonical_name(context, name)
    confirm(f"Change the role of {name} to {new}?", yes)
    changed = context.change(lambda admin: administration.set_role(admin, name, new))
    sentence = f"Changed the role of {name} to {new}." if changed else f"{name} already has the role {new}."
    context.out.done(sentence, name=name, role=new, changed=changed)


@command(app, "always-on")
def always_on(
    context: AdminContext,
    name: Name,
    choice: Annotated[str, typer.Argument(metavar="on|off", help="Whether always-on mode is enabled.")],
) -> None:
    """Turn always-on mode on or off.

    An always-on account stays in its rooms while no device is connected.
    """
    wanted = _on_or_off(choice)
    name = _canonical_name(context, name)
    changed = context.change(lambda admin: administration.set_always_on(admin, name, wanted))
    state = "always on" if wanted else "not always on"
    sentence = f"{name} is {'now' if changed else 'already'} {state}."
    context.out.done(sentence, name=name, always_on=wanted, changed=changed)


@command(app, "metadata")
def metadata_(
    context: AdminContext, name: Name, remove: Remove = None, clear: Clear = False, yes: Yes = False
) -> None:
    """Show or remove an account's metadata (avatar, display-name, ...).

    The keys that only the account itself sees are shown as private. They are never removed.
    """
    with context.reading() as session:
        account = get_account(session, fold(name))
        name, values = account.name, metadata.get_account_metadata(session, account.id)
        private = metadata.load_private_metadata(session.connection(), f"a{account.id}")
    show_or_remove(context, name, values, private, moderation.remove_account_metadata, remove, clear, yes)


command(app, "delete")(delete)
command(app, "receipt")(receipt)
command(app, "rename")(rename)
command(app, "export")(export)


def _on_or_off(choice: str) -> bool:
    """Return whether the text is `on`.

    Raises: UsageError if it is neither `on` nor `off`.
    """
    if choice not in ("on", "off"):
        raise UsageError(f"Expected on or off, not {choice}.")
    return choice == "on"


def _set_disabled(context: AdminContext, name: str, disabled: bool) -> None:
    changed = context.change(lambda admin: administration.set_disabled(admin, name, disabled))
    state = "disabled" if disabled else "enabled"
    context.out.done(
        f"{name} is {'now' if changed else 'already'} {state}.", name=name, disabled=disabled, changed=changed
    )


def _canonical_name(context: AdminContext, name: str) -> str:
    """Return the name of an account as it was registered.

    Raises: NotFound if there is no such account.
    """
    with context.reading() as session:
        return people.get_person(session, name).name
