"""The command tree: nouns, top-level verbs, and two aliases kept for compatibility.

A noun or verb is imported when it is called, because a program that starts for one command should
not pay for all of them.
"""

from typing import ClassVar

import typer

from app.cli.admin.command_declaration import new_admin, new_verb
from app.cli.lazy_commands import LazyCommand, LazyGroup


def _user() -> typer.Typer:
    from app.cli.admin.commands.accounts import user

    return user.app


def _invite() -> typer.Typer:
    from app.cli.admin.commands.accounts import invite

    return invite.app


def _room() -> typer.Typer:
    from app.cli.admin.commands.rooms import room

    return room.app


def _history() -> typer.Typer:
    from app.cli.admin.commands.history import history

    return history.app


def _ban() -> typer.Typer:
    from app.cli.admin.commands.moderation import ban

    return ban.app


def _db() -> typer.Typer:
    from app.cli.admin.commands.database import db

    return db.app


def _backup() -> typer.Typer:
    from app.cli.admin.commands.database import backup

    return backup.app


def _retention() -> typer.Typer:
    from app.cli.admin.commands.rooms import retention

    return retention.app


def _audit() -> typer.Typer:
    from app.cli.admin.commands.moderation import audit

    return audit.app


def _cert() -> typer.Typer:
    from app.cli.admin.commands.server import cert

    return cert.app


def _session() -> typer.Typer:
    from app.cli.admin.commands.moderation import session

    return session.app


def _node() -> typer.Typer:
    from app.cli.admin.commands.server import node

    return node.app


def _doctor() -> typer.Typer:
    from app.cli.admin.commands.server.doctor import doctor

    return new_verb(doctor)


def _top() -> typer.Typer:
    from app.cli.admin.commands.server.top import top

    return new_verb(top)


def _kick() -> typer.Typer:
    from app.cli.admin.commands.moderation.kick import kick

    return new_verb(kick)


def _announce() -> typer.Typer:
    from app.cli.admin.commands.moderation.announce import announce

    return new_verb(announce)


def _import_legacy() -> typer.Typer:
    from app.cli.admin.commands.database.legacy import import_legacy

    return new_verb(import_legacy)


def _list_users() -> typer.Typer:
    from app.cli.admin.commands.accounts.user import list_

    return new_verb(list_)


def _export_history() -> typer.Typer:
    from app.cli.admin.commands.history.history_export import export

    return new_verb(export)


class AdminCommands(LazyGroup):
    """The commands of chat-admin."""

    declared: ClassVar = {
        "user": LazyCommand("Manage accounts.", _user),
        "invite": LazyCommand("Create and revoke invitation codes.", _invite),
        "room": LazyCommand("Manage rooms.", _room),
        "session": LazyCommand("List and end online sessions.", _session),
        "node": LazyCommand("List and drain the servers that share a PostgreSQL database.", _node),
        "history": LazyCommand("Show, search, export and verify message history.", _history),
        "retention": LazyCommand("Manage how long history is kept.", _retention),
        "ban": LazyCommand("Manage server-wide bans.", _ban),
        "db": LazyCommand("Maintain the database.", _db),
        "backup": LazyCommand("Create, verify and restore backups.", _backup),
        "audit": LazyCommand("Show the audit log of administrative changes.", _audit),
        "doctor": LazyCommand(
            "Check the settings, the database, the machine and the running server, and say what to do.",
            _doctor,
        ),
        "cert": LazyCommand("Generate a TLS certificate.", _cert),
        "top": LazyCommand(
            "Show connections, message rates, commit times, queues, slow clients and busy rooms, live.", _top
        ),
        "kick": LazyCommand("Disconnect a user, or remove them from one room.", _kick),
        "announce": LazyCommand("Send a notice to all online users.", _announce),
        "import-legacy": LazyCommand(
            "Import accounts and messages from the predecessor program.", _import_legacy
        ),
        "list-users": LazyCommand("Same as `user list`.", _list_users),
        "export-history": LazyCommand("Same as `history export`.", _export_history),
    }


app = new_admin(
    "Administer a chat server: accounts, rooms and history. Works with the server running or stopped.",
    AdminCommands,
)
