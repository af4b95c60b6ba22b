"""What the client keeps across starts: rooms, input history, passwords; and its settings files."""

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from app.cli.client_password import find_password
from app.client.protocol.channel_view import ChannelView
from app.client.protocol.events import Joined, LoggedIn
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions
from app.client.storage.client_storage import ClientStorage
from app.client.storage.history_file import HistoryFile
from app.client.storage.keyring_store import KeyringStore
from app.client.storage.private_files import find_state_folder
from app.client.storage.stored_list import MAX_LISTS, ROOMS, StoredList
from app.client.ui.input_history import InputHistory
from app.client.ui.persistence import Persistence
from app.errors import ChatError, SettingsRefused, UsageError
from app.settings import CLIENT, ClientSettings, load
from app.wire.names import fold

PLACE = "anna@127.0.0.1:6667"


def mode_of(file: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(file.stat().st_mode)


def entries_of(history: InputHistory) -> list[str]:
    """Return the entries that a new prompt would offer, oldest first."""
    return list(history.load_history_strings())[::-1]


def test_rooms_are_remembered_for_each_user_and_server(tmp_path: Path) -> None:
    StoredList(tmp_path / "state", ROOMS, PLACE).save(["#tea", "#ops"])
    StoredList(tmp_path / "state", ROOMS, "bob@127.0.0.1:6667").save(["#bob"])
    assert StoredList(tmp_path / "state", ROOMS, PLACE).load() == ["#tea", "#ops"]
    assert StoredList(tmp_path / "state", ROOMS, "anna@other:6667").load() == []
    assert StoredList(None, ROOMS, PLACE).load() == []
    assert mode_of(tmp_path / "state" / "rooms.json") == 0o600
    assert mode_of(tmp_path / "state") == 0o700


@pytest.mark.parametrize("text", ["", "{", "[]", '{"%s": 3}', '{"%s": ["tea", 3]}', "[" * 100_000])
def test_damaged_file_of_rooms_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "rooms.json").write_text(text.replace("%s", PLACE))
    rooms = StoredList(tmp_path, ROOMS, PLACE)
    assert rooms.load() == []
    rooms.save(["#tea"])
    assert rooms.load() == ["#tea"]


def test_number_of_remembered_servers_is_limited(tmp_path: Path) -> None:
    for number in range(MAX_LISTS + 1):
        StoredList(tmp_path, ROOMS, f"anna@host:{number}").save(["#tea"])
    assert len(json.loads((tmp_path / "rooms.json").read_text())) == MAX_LISTS
    assert StoredList(tmp_path, ROOMS, "anna@host:0").load() == []


def test_rooms_with_a_key_and_rooms_left_are_not_remembered(tmp_path: Path) -> None:
    rooms = StoredList(tmp_path, ROOMS, PLACE)
    state = ClientState(UserOptions("anna"))
    for view in (
        ChannelView("#tea", must_rejoin=True),
        ChannelView("#vip", must_rejoin=True, key="k"),
        ChannelView("#old"),
    ):
        state.rooms[fold(view.name)] = view
    Persistence(state, ClientStorage(rooms), print).react(Joined("#tea", "anna", 0, is_mine=True))
    assert rooms.load() == ["#tea"]


def test_failure_to_remember_is_shown_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = ClientState(UserOptions("anna"))
    state.rooms[fold("#tea")] = ChannelView("#tea", must_rejoin=True)
    shown: list[str] = []
    storage = ClientStorage(StoredList(tmp_path / "file" / "folder", ROOMS, PLACE))
    persistence = Persistence(state, storage, lambda text, is_error: shown.append(text))
    persistence.react(Joined("#tea", "anna", 0, is_mine=True))
    persistence.react(Joined("#tea", "anna", 0, is_mine=True))
    assert len(shown) == 1
    assert shown[0].startswith("Cannot remember rooms")


def test_input_history_survives_a_restart_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "state" / "input-history"
    history = InputHistory(lambda text: "secret" not in text, HistoryFile(file))
    for text in ("one", "two\nlines", "secret", "d\u00e9j\u00e0 vu"):
        history.append_string(text)
    assert entries_of(InputHistory(lambda text: True, HistoryFile(file))) == [
        "one",
        "two\nlines",
        "d\u00e9j\u00e0 vu",
    ]
    assert mode_of(file) == 0o600


def test_input_history_is_bounded_and_skips_damaged_lines(tmp_path: Path) -> None:
    file = tmp_path / "input-history"
    file.write_bytes(b'"a"\n{\n3\n\xff\n"b"\n')
    history = InputHistory(lambda text: True, HistoryFile(file, 3))
    assert entries_of(history) == ["a", "b"]
    for number in range(20):
        history.append_string(str(number))
    assert len(file.read_text().splitlines()) <= 6
    assert entries_of(InputHistory(lambda text: True, HistoryFile(file, 3))) == ["17", "18", "19"]


def test_state_folder_follows_the_xdg_specification(tmp_path: Path) -> None:
    assert find_state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "durable-chat"
    relative = {"XDG_STATE_HOME": "relative", "HOME": "/home/anna"}
    assert find_state_folder(relative) == Path("/home/anna/.local/state/durable-chat")
    assert find_state_folder({}) is None


def test_users_file_ranks_below_the_working_directory(tmp_path: Path) -> None:
    configuration = tmp_path / "config" / "durable-chat"
    configuration.mkdir(parents=True)
    (configuration / "clientSetup.json").write_text('{"port": 7000, "room": "#user"}')
    (tmp_path / "clientSetup.json").write_text('{"port": 8000}')
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    found = load(CLIENT, environment=environment, folders=[tmp_path]).values
    assert (found.port, found.room) == (8000, "#user")
    shipped = Path(__file__).parents[3]  # sets the port too, but ranks below the user's file
    assert load(CLIENT, environment=environment, folders=[shipped]).values.port == 7000
    assert load(CLIENT, environment={"HOME": str(tmp_path)}, folders=[]).files == ()


def settings_with(command: str) -> ClientSettings:
    """Return settings with a command for the password that runs this Python code."""
    return ClientSettings(username="anna", password_command=f"{sys.executable} -c '{command}'")


def test_password_command_prints_the_password() -> None:
    assert find_password(settings_with('print("se cret"); print("note")'), None) == "se cret"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ('print("secret"); raise SystemExit(3)', "failed with exit code 3"),
        ("pass", "The first line of the output of password_command is empty"),
        ("import sys; sys.stdout.buffer.write(bytes([255]))", "the output is not UTF-8"),
    ],
)
def test_password_command_that_fails_is_explained(command: str, sentence: str) -> None:
    with pytest.raises(ChatError, match=sentence) as caught:
        find_password(settings_with(command), None)
    assert "secret" not in caught.value.sentence


def test_sources_of_the_password_require_a_name_and_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--password-command requires -u NAME"):
        find_password(ClientSettings(password_command="true"), None)
    flags = {"password_command": "true", "password_file": str(tmp_path / "file"), "username": "anna"}
    with pytest.raises(SettingsRefused, match="cannot both be set"):
        load(CLIENT, flags=flags, environment={}, folders=[])


class DictionaryKeyring(keyring.backend.KeyringBackend):
    """A keyring in memory, which can be locked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return the password, or None."""
        if self.is_locked:
            raise keyring.errors.KeyringLocked("The keyring is locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a password."""
        self.entries[service, username] = password


@pytest.fixture
def backend() -> Iterator[DictionaryKeyring]:
    """A keyring of the test's own in place of that of the system."""
    previous, backend = keyring.get_keyring(), DictionaryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(previous)


def test_password_is_stored_after_the_login_and_found_later(backend: DictionaryKeyring) -> None:
    settings = ClientSettings(username="anna", keyring=True)
    assert find_password(settings, KeyringStore(PLACE)) is None
    state = ClientState(UserOptions("anna", credentials=LoginCredentials("anna", "secret")))
    shown: list[str] = []
    persistence = Persistence(
        state, ClientStorage(keyring=KeyringStore(PLACE)), lambda text, is_error: shown.append(text)
    )
    persistence.react(LoggedIn("anna"))
    persistence.react(LoggedIn("anna"))
    assert shown == ["The password of anna is now in the keyring."]
    assert find_password(settings, KeyringStore(PLACE)) == "secret"
    assert backend.entries == {("durable-chat", PLACE): "secret"}


def test_locked_keyring_is_explained(backend: DictionaryKeyring) -> None:
    backend.is_locked = True
    with pytest.raises(ChatError, match=r"The keyring cannot be used: The keyring is locked\."):
        KeyringStore(PLACE).load()
