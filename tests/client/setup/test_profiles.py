"""Profiles: named settings files of the client, each with an input history of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.client_modes import open_storage
from app.errors import UsageError
from app.settings import CLIENT, ClientSettings, get_profile, list_profiles, load, locate_profile
from tests.cli.test_server import environment

PROGRAM = [sys.executable, "-c", "from app.cli.client import main; main()"]
TIMEOUT_SECONDS = 60.0
Chat = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's configuration folder."""
    place = tmp_path / "config" / "durable-chat"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """An environment with this configuration folder."""
    return environment(
        XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_STATE_HOME=str(tmp_path / "state"), HOME=str(tmp_path)
    )


@pytest.fixture
def chat(tmp_path: Path, variables: dict[str, str]) -> Chat:
    """The client, run to its end in an empty folder, without a terminal."""

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=tmp_path,
            env=variables | more,
            input="",
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    return call


def write(file: Path, **values: object) -> None:
    """Write a settings file."""
    file.write_text(json.dumps(values))


def test_profile_is_read_instead_of_the_other_settings_files(
    folder: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    write(folder / "work.json", port=1001)
    write(folder / "clientSetup.json", port=1002, username="anna", password_file="/home/anna/secret")
    write(tmp_path / "clientSetup.json", port=1003, buffer=512)
    loaded = load(CLIENT, get_profile("work", variables), environment=variables, folders=[tmp_path])
    values = loaded.values
    assert (values.port, values.buffer, values.username, values.password_file) == (1001, 4096, None, None)
    assert loaded.files == (folder / "work.json",)


def test_flags_and_variables_override_a_profile(folder: Path, variables: dict[str, str]) -> None:
    write(folder / "work.json", port=1001, ip="::1", buffer=512)
    given = variables | {"CHAT_CLIENT_PORT": "1002", "CHAT_CLIENT_IP": "::2"}
    values = load(CLIENT, get_profile("work", given), {"ip": "::3"}, given).values
    assert (values.port, values.ip, values.buffer) == (1002, "::3", 512)


def test_profiles_are_listed_without_other_files(folder: Path, variables: dict[str, str]) -> None:
    for name in ("work.json", "чай.json", "clientSetup.json", "a.b.json", "work.password", "notes"):
        write(folder / name)
    assert list_profiles(variables) == ["work", "чай"]
    assert list_profiles({"XDG_CONFIG_HOME": "/nonexistent"}) == list_profiles({}) == []


@pytest.mark.parametrize("name", ["", ".", "../work", "a/b", "-x", "a b", "clientSetup", "x" * 33, "a.local"])
def test_profile_names_cannot_leave_the_folder(name: str, variables: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a profile"):
        locate_profile(name, variables)


def test_unknown_profile_is_an_error_that_lists_the_others(folder: Path, chat: Chat) -> None:
    done = chat("--profile", "wrk")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no profile wrk (existing profiles: none)." in done.stderr
    write(folder / "work.json")
    write(folder / "home.json")
    assert "(existing profiles: home, work)" in chat("--profile", "wrk").stderr


def test_profile_and_config_exclude_each_other(folder: Path, chat: Chat) -> None:
    write(folder / "work.json")
    done = chat("--profile", "work", "--config", str(folder / "work.json"))
    assert done.returncode == 2
    assert done.stderr == "Error: --profile and --config cannot be used together.\n"


def test_incorrect_value_in_a_profile_falls_back_to_its_default(folder: Path, chat: Chat) -> None:
    write(folder / "work.json", ip="host.invalid", port="many", tls="perhaps")
    done = chat("--profile", "work")
    assert done.returncode == 2
    assert 'work.json: "tls" is "perhaps", but must be true or false; it is a security setting' in done.stderr
    write(folder / "work.json", ip="host.invalid", port="many")
    done = chat("--profile", "work")
    assert (
        'work.json: "port" is "many", but must be a whole number from 1 to 65535; 6667 is used' in done.stderr
    )
    assert "Error: Unknown host host.invalid." in done.stderr


def test_profiles_require_a_home_directory() -> None:
    with pytest.raises(UsageError, match="HOME is not set"):
        get_profile("work", {})


def test_each_profile_has_its_own_input_history_but_no_own_rooms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    anna, bob = ClientSettings(username="anna"), ClientSettings(username="bob")
    open_storage(anna, "work").rooms.save(["#tea"])
    assert open_storage(anna, None).rooms.load() == ["#tea"]
    assert open_storage(bob, "work").rooms.load() == []
    files = [open_storage(anna, profile).history_file for profile in (None, "work", "home")]
    names = ["input-history", "input-history-work", "input-history-home"]
    assert files == [tmp_path / "durable-chat" / name for name in names]
