"""The libraries that a start imports: each is loaded only where it is used.

Loading all libraries takes several times as long as most commands do. The tests compare lists of
modules, because times depend on the machine.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli.admin.tree import AdminCommands
from app.cli.admin.tree import app as admin_app
from app.cli.client_tree import ClientCommands
from app.cli.client_tree import app as client_app
from app.cli.server.tree import ServerCommands
from app.cli.server.tree import app as server_app
from tests.chat_file import create_chat_file
from tests.cli.test_server import environment
from tests.process.server_process import Server

LIBRARIES = {
    "OpenSSL",
    "alembic",
    "argon2",
    "confusable_homoglyphs",
    "cryptography",
    "dateparser",
    "emoji",
    "linkify_it",
    "precis_i18n",
    "prometheus_client",
    "prompt_toolkit",
    "psycopg",
    "pydantic",
    "rich",
    "scramp",
    "sqlalchemy",
    "sqlalchemy.dialects.postgresql",
    "textual",
    "websockets",
}
SETTINGS = {"pydantic"}
DATABASE = {"pydantic", "sqlalchemy"}
STARTS = [
    ("chat-admin", "--version", set()),
    ("chat-admin", "--help", set()),
    ("chat-server", "--version", set()),
    ("chat-server", "--help", set()),
    ("chat-server", "run --help", SETTINGS),
    ("chat-client", "--version", SETTINGS),
    ("chat-client", "--help", SETTINGS),
    ("chat-client", "setup --help", SETTINGS),
    ("chat-admin", "list-users", DATABASE),
    ("chat-admin", "room list", DATABASE),
    ("chat-admin", "audit list --since 2d", DATABASE),
    ("chat-admin", "history show", DATABASE),
    ("chat-admin", "db stats", DATABASE),
    ("chat-server", "check", DATABASE),
]
MAINS = {
    "chat-admin": "app.cli.admin",
    "chat-server": "app.cli.server",
    "chat-client": "app.cli.client",
}
# Of the server: everything but what its optional listeners, migrations and administrators need.
SERVER_START = LIBRARIES - {
    "OpenSSL",
    "alembic",
    "cryptography",
    "dateparser",
    "emoji",
    "linkify_it",
    "precis_i18n",
    "prometheus_client",
    "prompt_toolkit",
    "psycopg",
    "rich",
    "sqlalchemy.dialects.postgresql",
    "websockets",
}


def parse_imports(trace: str) -> set[str]:
    """Return the libraries in the output of `python -X importtime`."""
    return set(re.findall(r"^import time:.*\| +(\S+)$", trace, re.MULTILINE)) & LIBRARIES


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A folder with an empty, current database."""
    create_chat_file(tmp_path / "chat.db")
    return tmp_path


@pytest.mark.parametrize(("program", "arguments", "allowed"), STARTS)
def test_a_start_imports_only_what_it_uses(
    program: str, arguments: str, allowed: set[str], database: Path
) -> None:
    code = f"from {MAINS[program]} import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, *arguments.split()],
        cwd=database,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "internal error" not in done.stderr
    assert "typer" in done.stderr, "the trace lists imports"
    assert parse_imports(done.stderr) - allowed == set()


def test_the_server_imports_only_what_its_settings_need(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with Server(database) as server:
        server.connect("alice")
    assert "sqlalchemy" in parse_imports(server.log), "the trace lists imports"
    assert parse_imports(server.log) - SERVER_START == set()


@pytest.mark.parametrize(
    ("app", "declared"),
    [(admin_app, AdminCommands), (server_app, ServerCommands), (client_app, ClientCommands)],
)
def test_summaries_agree_with_the_help_of_the_commands(app: object, declared: type) -> None:
    commands = get_command(app).commands  # type: ignore[arg-type, attr-defined]
    for name, command in declared.declared.items():  # type: ignore[attr-defined]
        if alias := re.fullmatch(r"Same as `(\w+) (\w+)`\.", command.summary):
            assert commands[name].help == commands[alias[1]].commands[alias[2]].help
        else:
            assert commands[name].help.startswith(command.summary), name
