"""chat-client setup: answers at the prompt, tried on a real server, and the files it writes."""

import json
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copy

import keyring
import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from app.cli.client_setup.dialogue import Dialogue
from app.cli.client_setup.profile_file import ProfileFile
from app.cli.client_setup.steps import run_setup
from app.client.net.connect import is_loopback
from app.clock import Clock
from app.errors import UsageError
from tests.client.scripted_server import ScriptedServer
from tests.client.storage.test_storage import DictionaryKeyring
from tests.net.running_server import CERTIFICATES, RunningServer

PASSWORD = "pencil-box"
CTRL_C = "\x03"
Serve = Callable[..., RunningServer]


@pytest.fixture
def serve(tmp_path: Path, sqlite_template: Path) -> Iterator[Serve]:
    """Starts servers with the given settings."""
    with ExitStack() as stack:

        def start(**settings: object) -> RunningServer:
            copy(sqlite_template, tmp_path / "chat.db")
            server = RunningServer(tmp_path / "chat.db", Clock(), **settings)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the profile `work`, in a configuration folder that does not exist yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "durable-chat" / "work.json"


def set_up(file: Path, *answers: str) -> list[str]:
    """Answer the questions but the last with these texts, then press Ctrl-C; return what was said.

    The last question, about the user interface, is answered with its default.
    """
    said: list[str] = []
    with create_pipe_input() as keys:
        keys.send_text("".join(f"{answer}\r" for answer in [*answers, ""]) + CTRL_C)
        run_setup(Dialogue(said.append, keys, DummyOutput()), ProfileFile(file), "work")
    return said


def give_up(file: Path, *answers: str) -> list[str]:
    """Answer the questions, then press Ctrl-C before the last one; return what was said."""
    said: list[str] = []
    with create_pipe_input() as keys:
        keys.send_text("".join(f"{answer}\r" for answer in answers) + CTRL_C)
        dialogue = Dialogue(said.append, keys, DummyOutput())
        with pytest.raises(KeyboardInterrupt):
            run_setup(dialogue, ProfileFile(file), "work")
    assert said[-1] == "Nothing was written."
    return said


def written(file: Path) -> dict[str, object]:
    """Return the settings in a file."""
    values = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(values, dict)
    return values


def mode_of(file: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(file.stat().st_mode)


def register_anna(server: RunningServer) -> None:
    """Register the account anna."""
    anna = server.connect("anna", "draft/account-registration")
    anna.send(f"REGISTER * * {PASSWORD}")
    anna.hears("REGISTER SUCCESS anna")
    anna.send("QUIT")
    anna.rest()


def test_new_account_is_registered_and_its_password_kept_in_a_file(serve: Serve, file: Path) -> None:
    server = serve()
    said = set_up(file, "127.0.0.1", str(server.port), "", "register", "anna", "file", PASSWORD, PASSWORD)
    assert said[-2:] == [
        "Registered anna.",
        f"Settings written to {file}. To start: chat-client --profile work",
    ]
    secret = file.with_suffix(".password")
    assert written(file) == {
        "ip": "127.0.0.1",
        "port": server.port,
        "tls": False,
        "username": "anna",
        "password_file": str(secret),
        "ui": "full-screen",
    }
    assert secret.read_text() == f"{PASSWORD}\n"
    assert (mode_of(file), mode_of(secret), mode_of(file.parent)) == (0o600, 0o600, 0o700)
    assert sorted(path.name for path in file.parent.iterdir()) == ["work.json", "work.password"]


def test_wrong_password_is_found_and_asked_for_again(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    said = set_up(file, "127.0.0.1", str(server.port), "", "login", "anna", "ask", "wrong", PASSWORD)
    assert [line for line in said if "Cannot log in as anna: " in line]
    assert "Logged in as anna." in said
    assert "password_file" not in written(file)
    assert PASSWORD not in file.read_text()


def test_taken_name_is_found_by_registration_and_guests(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    taken = "anna is registered; log in to use it, or choose another name."
    said = set_up(
        file,
        *("127.0.0.1", str(server.port), ""),
        *("register", "anna", "ask", PASSWORD, PASSWORD),
        *("guest", "anna"),
        *("guest", "a,b"),
        *("guest", "bob"),
    )
    assert said.count(taken) == 2
    assert any(line.startswith("The server does not accept the name a,b: ") for line in said)
    assert written(file)["username"] == "bob"


def test_new_password_must_be_repeated_and_strong_enough(serve: Serve, file: Path) -> None:
    server = serve()
    said = set_up(
        file,
        *("127.0.0.1", str(server.port), "", "r", "anna", "ask"),
        *(PASSWORD, "pencilbox"),
        *("short", "short"),
        *(PASSWORD, PASSWORD),
    )
    assert "The passwords do not match. Please try again." in said
    assert any(line.startswith("Cannot register anna: ") for line in said)
    assert "Registered anna." in said


def test_invitation_code_is_asked_for(serve: Serve, file: Path) -> None:
    server = serve(registration="invitation")
    said = set_up(
        file,
        *("127.0.0.1", str(server.port), "", "register", "anna", "ask", PASSWORD, PASSWORD, "no such"),
        *("wrong", "guest", "anna"),
    )
    assert "It must not contain spaces." in said
    assert any(line.startswith("Cannot register anna: ") for line in said)


def test_unverified_certificate_is_explained_and_its_authority_asked_for(serve: Serve, file: Path) -> None:
    server = serve()
    authority = CERTIFICATES / "cert.pem"
    said = set_up(
        file, "localhost", str(server.tls_port), "y", "/nonexistent", str(authority), "guest", "bob"
    )
    [problem] = [line for line in said if line.startswith("Cannot verify the certificate of localhost: ")]
    assert problem.count(".") == 1
    assert "/nonexistent: No such file or directory." in said
    assert (written(file)["tls"], written(file)["tls_ca"]) == (True, str(authority))


def test_plain_text_is_offered_when_the_port_has_no_tls(serve: Serve, file: Path) -> None:
    server = serve()
    said = set_up(file, "localhost", str(server.port), "y", "y", str(server.port), "guest", "bob")
    assert any("Is this the TLS port?" in line for line in said)
    assert written(file)["tls"] is False


def test_plain_text_over_a_network_requires_an_explicit_yes(file: Path) -> None:
    said = give_up(file, "chat.invalid", "", "n", "", "n", "y")
    assert [line[:12] for line in said] == [
        "Without TLS,",
        "Without TLS,",
        "Connecting t",
        "Unknown host",
        "Nothing was ",
    ]


def test_unreachable_server_is_asked_for_again(serve: Serve, file: Path) -> None:
    server = serve()
    with ScriptedServer() as other:
        closed = other.port
    said = set_up(file, "127.0.0.1", str(closed), "", "", "x", str(server.port), "maybe", "", "guest", "bob")
    assert f"No server is listening on 127.0.0.1 port {closed}." in said
    assert "It must be a whole number from 1 to 65535." in said
    assert "Answer y or n." in said
    assert written(file)["port"] == server.port


def test_ctrl_c_leaves_nothing_behind(serve: Serve, file: Path) -> None:
    server = serve()
    answers = ["127.0.0.1", str(server.port), "", "guest", "bob", "n"]
    for count in range(len(answers)):
        give_up(file, *answers[:count])
        assert not file.parent.exists()


def test_only_the_answers_of_an_existing_profile_change(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    file.parent.mkdir(parents=True)
    secret = file.parent / "mine"
    secret.write_text(f"{PASSWORD}\n")
    before = {
        "room": "#tea",
        "ip": "127.0.0.1",
        "port": server.port,
        "username": "anna",
        "password_file": str(secret),
        "colours": False,
    }
    file.write_text(json.dumps(before))
    said = set_up(file, "", "", "", "", "", "", "")
    assert "Logged in as anna." in said
    assert written(file) == before | {"tls": False, "ui": "full-screen"}
    assert list(written(file))[:6] == list(before)


def test_changed_source_of_the_password_replaces_the_old_one(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    file.parent.mkdir(parents=True)
    file.write_text(
        json.dumps({"port": server.port, "username": "anna", "password_file": "old", "tls_ca": "gone"})
    )
    command = f"printf '{PASSWORD}\\n'"
    set_up(file, "", "", "", "login", "", "command", "no-such-program", command)
    values = written(file)
    assert values["password_command"] == command
    assert "password_file" not in values


def test_password_is_kept_in_the_keyring_of_the_system(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    previous, backend = keyring.get_keyring(), DictionaryKeyring()
    keyring.set_keyring(backend)
    try:
        set_up(file, "127.0.0.1", str(server.port), "", "login", "anna", "", PASSWORD)
    finally:
        keyring.set_keyring(previous)
    assert backend.entries == {("durable-chat", f"anna@127.0.0.1:{server.port}"): PASSWORD}
    assert written(file)["keyring"] is True


def test_password_that_cannot_be_saved_is_asked_for_at_each_start(serve: Serve, file: Path) -> None:
    server = serve()
    register_anna(server)
    file.with_suffix(".password").mkdir(parents=True)
    said = set_up(file, "127.0.0.1", str(server.port), "", "login", "anna", "file", PASSWORD)
    assert any(line.startswith("The password cannot be saved: ") for line in said)
    assert written(file).keys() == {"ip", "port", "tls", "ui", "username"}
    assert sorted(path.name for path in file.parent.iterdir()) == ["work.json", "work.password"]


@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        ({}, "", "full-screen"),
        ({}, "n", "plain"),
        ({"ui": "plain"}, "", "plain"),
        ({"ui": "full-screen"}, "n", "plain"),
    ],
)
def test_the_interface_is_chosen(
    serve: Serve, file: Path, before: dict[str, object], answer: str, after: str
) -> None:
    server = serve()
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(before | {"ip": "127.0.0.1", "port": server.port}))
    with create_pipe_input() as keys:
        keys.send_text("".join(f"{text}\r" for text in ("", "", "", "guest", "bob", answer)) + CTRL_C)
        run_setup(Dialogue(lambda text: None, keys, DummyOutput()), ProfileFile(file), "work")
    assert written(file)["ui"] == after


def test_server_without_accounts_offers_only_guests(file: Path) -> None:
    with ScriptedServer() as server:

        def play() -> None:
            for _ in range(2):
                server.accept()
                server.expect("CAP LS 302", "NICK *", "USER *")
                server.send(":srv 421 * CAP :Unknown command", ":srv 001 bob :Welcome")
                server.expect("QUIT *")
                server.disconnect()

        thread = threading.Thread(target=play)
        thread.start()
        set_up(file, "127.0.0.1", str(server.port), "", "bob")
        thread.join()
    assert written(file)["username"] == "bob"


def test_broken_profile_is_refused_before_the_first_question(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('{"port": 7000')
    with pytest.raises(UsageError, match=r"work\.json is not valid JSON .* Correct or delete it"):
        ProfileFile(file)


def test_linked_profile_stays_a_link(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir(parents=True)
    target = tmp_path / "dotfiles.json"
    target.write_text("{}")
    file.symlink_to(target)
    ProfileFile(file).write({"port": 7000, "tls_ca": None})
    assert file.is_symlink()
    assert written(target) == {"port": 7000}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("LocalHost", True),
        ("127.0.0.1.example.org", False),
        ("localhost.example.org", False),
        ("::1234", False),
        ("192.0.2.1", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
