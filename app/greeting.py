"""The lines that the server prints when it is ready: where it listens, and what to do next."""

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.commands.runtime import Runtime
from app.db.database import Database
from app.net.server import ChatServer
from app.services.stats import count_accounts, count_messages, count_rooms, has_administrator
from app.settings import SERVER, LoadedSettings, ServerSettings, resolve

WILDCARD_ADDRESSES = ("0.0.0.0", "::")  # not usable as a destination
Loaded = LoadedSettings[ServerSettings]


def greet(runtime: Runtime, servers: Sequence[ChatServer], loaded: Loaded) -> Iterator[str]:
    """Yield the lines of the greeting; an ignored settings file is named in the last one."""
    settings = runtime.settings
    ports = {server.config.name: server.port for server in servers}
    plain = ports.pop("IRC")
    host = platform.node() if settings.ip in WILDCARD_ADDRESSES else settings.ip
    others = "".join(f", with {name} on port {port}" for name, port in ports.items())
    yield f"{runtime.network_name} ({runtime.version}) listens on {settings.ip} port {plain}{others}."
    yield f"Database {runtime.database}: {_count_rows(runtime)}."
    join = f"{_program('chat-client')} -i {host} -p {plain}"
    yield f"Join with: {join}    or any IRC client: /connect {host} {plain}"
    yield from _explain_administration(runtime, loaded)
    yield "Stop with Ctrl-C."
    for problem in loaded.ignored_files:
        yield f"Warning: {problem.sentence} The database is {runtime.database}."


def _count_rows(runtime: Runtime) -> str:
    with runtime.database.reading() as session:
        counts = {"room": count_rooms, "account": count_accounts, "message": count_messages}
        numbers = {noun: count(session) for noun, count in counts.items()}
    return ", ".join(f"{number:,} {noun}{'' if number == 1 else 's'}" for noun, number in numbers.items())


def _explain_administration(runtime: Runtime, loaded: Loaded) -> Iterator[str]:
    """Yield the command that creates the first administrator, if there is none."""
    with runtime.database.reading() as session:
        if runtime.settings.operators or has_administrator(session):
            return
        has_accounts = count_accounts(session) > 0
    advice, words = (
        ("Make an account one", "user role NAME admin")
        if has_accounts
        else ("Create one", "user create NAME --role admin")
    )
    command = " ".join([_program("chat-admin"), words, *_database_options(runtime, loaded)])
    yield f"There is no administrator yet. {advice} with: {_folder()}{command}"


def _database_options(runtime: Runtime, loaded: Loaded) -> Iterator[str]:
    """Yield the options with which `chat-admin` uses the database of this server.

    Without options it reads the same settings files, but not this process's flags and environment.
    """
    if loaded.config is not None:
        yield f"--config {shlex.quote(str(loaded.config))}"
    if resolve(SERVER, loaded.config, environment={}).values.dbname != loaded.values.dbname:
        yield f"--dbname {database_word(runtime.database, loaded.values.dbname)}"


def database_word(database: Database, dbname: str) -> str:
    """Return the setting `dbname` as a word of a command line, without a password."""
    if database.url.password is None and not database.url.query:
        return shlex.quote(dbname)
    return '"$CHAT_DBNAME"' if "CHAT_DBNAME" in os.environ else "URL"


def _folder() -> str:
    """Return a command that changes to the working directory, if the reader may be elsewhere.

    A server with a terminal was started by someone who is in that directory.
    """
    return "" if sys.stdout.isatty() else f"cd {shlex.quote(str(Path.cwd()))} && "


def _program(name: str) -> str:
    """Return the command that starts a program: its name if found in the PATH, else its path."""
    program = Path(sys.argv[0]).with_name(name)
    if shutil.which(program.name) or not program.exists():
        return program.name
    return shlex.quote(min(str(program), os.path.relpath(program), key=len))
