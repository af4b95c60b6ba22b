"""The programs in locales whose encoding lacks characters that users write."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.server_process import Server

ROOT = Path(__file__).parents[2]
TEXT = "10 € für 日本"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {
    "latin-1": ({"PYTHONIOENCODING": "latin-1"}, "10 ? für ????"),
    "ascii": (ASCII, "10 ? f?r ????"),
}
UTF_8 = {"PYTHONIOENCODING": "utf-8"}

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one message."""
    with Server(tmp_path_factory.mktemp("server"), servername="Café €") as running:
        alice = running.connect("alice")
        alice.send("JOIN #日本", f"PRIVMSG #日本 :{TEXT}", "PING fence")
        alice.hears(" PONG ")
        yield running


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    """The name of a locale."""
    return str(request.param)


def run(
    folder: Path, locale: str, module: str, *arguments: str | bytes, stdin: bytes = b""
) -> tuple[int, str, str]:
    """Run a program, and return the exit code, the output and the errors."""
    variables = LOCALES[locale][0] if locale in LOCALES else UTF_8
    encoding = variables.get("PYTHONIOENCODING", "ascii")
    done = subprocess.run(
        [sys.executable, "-c", f"from app.cli.{module} import main; main()", *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CHAT_DBNAME": "chat.db", **variables},
    )
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


def test_sent_message_is_stored_once_and_shown(server: Server, locale: str) -> None:
    port = str(server.port)
    code, out, errors = run(server.folder, locale, "client", "-p", port, stdin=f"{TEXT}\n".encode())
    assert (code, errors) == (0, "")
    assert out.endswith(f": {LOCALES[locale][1]}\n")
    _, exported, _ = run(server.folder, "utf-8", "admin", "history", "export", "--room", "#general")
    assert json.loads(exported.splitlines()[-1])["text"] == TEXT


def test_client_prints_every_character_as_json(server: Server, locale: str) -> None:
    arguments = ("-p", str(server.port), "--json")
    code, out, _ = run(server.folder, locale, "client", *arguments, stdin=f"{TEXT}\n".encode())
    assert code == 0
    assert json.loads(out.splitlines()[-1])["text"] == TEXT


def test_history_is_shown_and_found(server: Server, locale: str) -> None:
    shown = f"alice: {LOCALES[locale][1]}\n"
    code, out, _ = run(server.folder, locale, "admin", "history", "show", "#日本")
    assert (code, out[-len(shown) :]) == (0, shown)
    code, out, _ = run(server.folder, locale, "admin", "history", "search", "--room", "#日本", "€")
    assert (code, out[-len(shown) :]) == (0, shown)


def test_json_output_keeps_every_character(server: Server, locale: str) -> None:
    code, out, _ = run(server.folder, locale, "admin", "--json", "room", "show", "#日本")
    assert (code, json.loads(out)["name"]) == (0, "#日本")


def test_export_is_utf_8_in_every_locale(server: Server, locale: str) -> None:
    arguments = ("admin", "history", "export", "--room", "#日本")
    code, _, _ = run(server.folder, locale, *arguments, "--out", f"{locale}.jsonl")
    assert code == 0
    assert TEXT in (server.folder / f"{locale}.jsonl").read_text("utf-8")


def test_unknown_name_is_refused_and_shown(server: Server, locale: str) -> None:
    code, _, errors = run(server.folder, locale, "admin", "user", "show", "żółw")
    assert (code, "There is no account" in errors) == (5, True)


@pytest.mark.parametrize("module", ["admin", "client"])
def test_argument_that_is_not_text_is_refused(server: Server, module: str) -> None:
    arguments = {"admin": (b"history", b"search", b"\xe9"), "client": (b"--room", b"#\xe9")}[module]
    code, out, errors = run(server.folder, "utf-8", module, *arguments)
    assert (code, out) == (2, "")
    assert errors.endswith("\\xe9 is not valid UTF-8.\n")


def test_file_name_may_be_any_bytes(server: Server) -> None:
    code, _, _ = run(server.folder, "utf-8", "admin", "history", "export", "--out", b"\xe9.txt")
    assert code == 0
    assert (server.folder / os.fsdecode(b"\xe9.txt")).exists()


def test_server_greets_in_every_locale(tmp_path: Path, locale: str) -> None:
    code, out, errors = run(tmp_path, locale, "server", "check", "--servername", "Café €")
    assert (code, errors) == (0, "")
    assert "Database: chat.db" in out
