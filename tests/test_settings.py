"""Settings: precedence of sources, warnings about invalid values, the derived server name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UsageError
from app.settings import (
    CLIENT,
    SERVER,
    ClientSettings,
    LoadedSettings,
    Program,
    ServerSettings,
    derive_prefix,
    load,
    reload,
    resolve,
)
from tests.nasty_numbers import NASTY_NUMBERS

ROOT = Path(__file__).parents[1]


def loaded_from(
    folder: Path,
    text: str | bytes | None = None,
    environment: Mapping[str, str] | None = None,
    **flags: object,
) -> LoadedSettings[ServerSettings]:
    """Load the server's settings from a folder whose settings file contains this text."""
    if text is not None:
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / SERVER.file).write_bytes(raw)
    return load(SERVER, flags=flags, environment=environment or {}, folders=[folder])


# Sources and their precedence


def test_without_a_file_the_defaults_apply_without_warnings(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path)
    assert (loaded.values, loaded.files, loaded.warnings) == (ServerSettings(), (), [])


def test_flags_override_the_environment_which_overrides_the_file(tmp_path: Path) -> None:
    text = '{"port": 1001, "ip": "::1", "buffer": 512}'
    values = loaded_from(
        tmp_path, text, {"CHAT_PORT": "1002", "CHAT_IP": "0.0.0.0"}, port=1003, ip=None
    ).values
    assert (values.port, values.ip, values.buffer, values.servername) == (1003, "0.0.0.0", 512, "Server")


def test_the_local_file_overrides_the_settings_file_key_by_key(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).write_text('{"port": 1002, "ip": "::1", "nick_length": 9}')
    text = '{"port": 1001, "ip": "::2", "buffer": 512, "nick_length": 8}'
    loaded = loaded_from(tmp_path, text, {"CHAT_IP": "0.0.0.0"}, nick_length=10)
    values = loaded.values
    assert (values.port, values.ip, values.buffer, values.nick_length) == (1002, "0.0.0.0", 512, 10)
    assert loaded.files == (tmp_path / "serverSetup.json", tmp_path / "serverSetup.local.json")


def test_a_local_file_needs_no_settings_file(tmp_path: Path) -> None:
    folders = [tmp_path, ROOT]
    for program in (SERVER, CLIENT):
        (tmp_path / program.local_file).write_text('{"port": 1002}')
        loaded = load(program, environment={}, folders=folders)
        assert (loaded.values.port, loaded.files) == (1002, (tmp_path / program.local_file,))


def test_a_named_settings_file_is_read_without_its_local_file(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).write_text('{"port": 1002}')
    (tmp_path / SERVER.file).write_text('{"buffer": 512}')
    loaded = load(SERVER, tmp_path / SERVER.file, environment={}, folders=[tmp_path])
    assert (loaded.values.port, loaded.values.buffer) == (6667, 512)
    assert loaded.files == (tmp_path / SERVER.file,)


def test_a_broken_local_file_is_ignored_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).write_text("{")
    loaded = loaded_from(tmp_path, '{"port": 1001}')
    assert (loaded.values.port, len(loaded.ignored_files)) == (1001, 1)
    [warning] = loaded.warnings
    assert "serverSetup.local.json is not valid JSON" in warning
    assert "the file is ignored" in warning


def test_invalid_local_value_falls_back_to_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).write_text('{"port": "many", "buffer": 512}')
    loaded = loaded_from(tmp_path, '{"port": 1001}')
    assert (loaded.values.port, loaded.values.buffer) == (1001, 512)
    [warning] = loaded.warnings
    assert 'serverSetup.local.json: "port" is "many"' in warning
    assert "1001 is used" in warning


def test_reload_reads_a_local_file_created_since(tmp_path: Path) -> None:
    first = loaded_from(tmp_path, '{"port": 1001}')
    (tmp_path / SERVER.local_file).write_text('{"port": 1002}')
    assert reload(SERVER, first.files, environment={}).values.port == 1002


@pytest.mark.parametrize("name", [SERVER.file, SERVER.local_file])
def test_a_reload_is_refused_when_a_file_has_been_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / SERVER.local_file).write_text('{"port": 1002}')
    first = loaded_from(tmp_path, '{"port": 1001}')
    (tmp_path / name).unlink()
    with pytest.raises(UsageError, match=f"There is no settings file .*{name}"):
        reload(SERVER, first.files, environment={})


def test_first_folder_with_a_settings_file_is_used(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, port in ((first, 1001), (second, 1002)):
        folder.mkdir()
        (folder / SERVER.file).write_text(json.dumps({"port": port}))
    assert load(SERVER, environment={}, folders=[tmp_path, second, first]).values.port == 1002
    assert load(SERVER, environment={}, folders=[first, second]).files == (first / SERVER.file,)


def test_config_file_is_the_only_file_read(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"port": 1004}')
    loaded_from(tmp_path, '{"port": 1001, "buffer": 512}')
    loaded = load(SERVER, other, environment={}, folders=[tmp_path])
    assert (loaded.values.port, loaded.values.buffer, loaded.files) == (1004, 4096, (other,))


def test_missing_config_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no settings file"):
        load(SERVER, tmp_path / "none.json", environment={}, folders=[])


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('{"port": 6702, "dbname": "real.db",}', "line 1, column 35: trailing comma"),
        ('{"port": 6702, // ours\n"dbname": "real.db"}', "line 1, column 16: comment"),
        ('\ufeff{"port": 6702, "dbname": "real.db"}', "line 1, column 1: byte order mark"),
    ],
)
def test_a_small_mistake_is_tolerated_with_a_warning(tmp_path: Path, text: str, mistake: str) -> None:
    loaded = loaded_from(tmp_path, text)
    assert (loaded.values.port, loaded.values.dbname, loaded.ignored_files) == (6702, "real.db", [])
    expected = f"{tmp_path / SERVER.file} is not valid JSON ({mistake}); it is read as JSON5."
    assert loaded.warnings == [expected]


@pytest.mark.parametrize("name", [CLIENT.file, CLIENT.local_file, SERVER.local_file])
def test_small_mistakes_are_tolerated_in_every_settings_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"port": 6702,}')
    program = CLIENT if name.startswith("client") else SERVER
    loaded = load(program, environment={}, folders=[tmp_path])
    assert loaded.values.port == 6702
    assert [name in warning for warning in loaded.warnings] == [True]


def test_the_client_has_its_own_file_and_variables(tmp_path: Path) -> None:
    (tmp_path / CLIENT.file).write_text('{"port": 1001, "username": "anna"}')
    environment = {"CHAT_PORT": "1002", "CHAT_CLIENT_ROOM": "#tea", "CHAT_CLIENT_COLOURS": "no"}
    values = load(CLIENT, environment=environment, folders=[tmp_path]).values
    assert (values.port, values.username, values.room, values.colours) == (1001, "anna", "#tea", False)


def test_server_ignores_variables_of_other_programs(tmp_path: Path) -> None:
    environment = {"CHAT_CLIENT_TLS": "nonsense", "CHAT_TRACEBACK": "1", "CHAT_SERVICE_HOST": "10.0.0.1"}
    assert loaded_from(tmp_path, None, environment).warnings == []


def test_settings_files_in_the_repository_contain_the_defaults() -> None:
    for program, model in ((SERVER, ServerSettings), (CLIENT, ClientSettings)):
        given_keys = json.loads((ROOT / program.file).read_text())
        assert given_keys.items() <= model().model_dump(mode="json").items()


# Invalid settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"port": "many"}', ['"port" is "many"', "6667 is used"]),
        ('{"port": 65536}', ['"port" is 65536', "6667 is used"]),
        ('{"port": true}', ['"port" is true', "6667 is used"]),
        *(
            (json.dumps({"icon": icon}), [f'"icon" is "{icon}"', "web address", "null is used"])
            for icon in (
                "chat.png",
                "//chat.example/i",
                "ftp://chat.example/i",
                "javascript:alert(1)",
                "https:///i",
                "https://chat.example:port/i",
                "https://me:secret@chat.example/i",
                "https://chat.example/two words",
                "https://b\u00fccher.example/",
                "https://[::1/i",
            )
        ),
        (json.dumps({"icon": f"https://a/{'=' * 80}"}), ["at most 300 characters"]),
        ('{"port": NaN}', ['"port" is NaN', "6667 is used"]),
        ('{"buffer": 63}', ['"buffer" is 63', "4096 is used"]),
        ('{"ip": ""}', ['"ip" is ""', '"127.0.0.1" is used']),
        ('{"ip": "300.1.1.1"}', ["300.1.1.1", '"127.0.0.1" is used']),
        ('{"servername": "a\\u001b[2Jb"}', ["a?[2Jb", '"Server" is used']),
        ('{"auto_join": ["general"]}', ['["general"]', '["#general"] is used']),
        ('{"replay": null}', ['"replay" is null', "100 is used"]),
        ('{"log_level": "loud"}', ["'debug', 'info', 'warning' or 'error'", '"info" is used']),
        ('{"servername": "A", "servername": "B"}', ['"servername" is set twice']),
        ('{"prot": 1}', ['"prot" is not a setting', "did you mean port?"]),
        ('{"colour": 1}', ['"colour" is not a setting', "is ignored"]),
        ('{\n  "port" 1001\n}', ["not valid JSON", "line 2, column 10", "file is ignored"]),
        ("", ["not valid JSON", "line 1, column 1"]),
        ("[1, 2]", ["not valid JSON", "does not begin with {"]),
        (b'{"servername":\n "B\xfcro"}', ["line 2, column 4", "not UTF-8"]),
        ("[" * 100_000, ["nested too deeply"]),
        ('{"port": ' + "9" * 5000 + "}", ["a number is too long"]),
    ],
)
def test_warning_states_the_fault_and_its_consequence(
    tmp_path: Path, text: str | bytes, words: list[str]
) -> None:
    [warning] = loaded_from(tmp_path, text).warnings
    assert all(word in warning for word in [SERVER.file, *words])


def test_invalid_variable_falls_back_to_the_settings_file(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, '{"port": 1001}', {"CHAT_PORT": "tcp://10.0.0.1:6667"})
    assert loaded.values.port == 1001
    assert loaded.warnings == [
        'CHAT_PORT is "tcp://10.0.0.1:6667", but must be a whole number from 0 to 65535; 1001 is used.'
    ]


def test_invalid_flag_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--port is 99999"):
        loaded_from(tmp_path, port=99999)


def test_resolve_returns_all_problems_at_once(tmp_path: Path) -> None:
    (tmp_path / SERVER.file).write_text('{"port": "x", "flood_rate": -1, "login_attempts": 0}')
    found = resolve(SERVER, None, {"buffer": 1}, {"CHAT_SENDQ": "x"}, [tmp_path])
    assert len(found.problems) == 5
    assert found.values == ServerSettings()


# The server name in messages


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("My.Little.Server", "My.Little.Server"),
        ("Server", "server.internal"),
        ("Büro Chat", "buro-chat.internal"),
        ("a.b c", "a-b-c.internal"),
        ("-a.b", "a-b.internal"),
        ("Чат", "chat.internal"),
        (":::", "chat.internal"),
    ],
)
def test_prefix_is_a_host_name(name: str, prefix: str) -> None:
    assert derive_prefix(name) == prefix


@given(name=st.text(min_size=1, max_size=64))
def test_prefix_is_never_a_valid_nick(name: str) -> None:
    prefix = derive_prefix(name)
    assert "." in prefix
    assert len(prefix) <= 63
    assert prefix.isascii()
    assert prefix.replace("-", "").replace(".", "").isalnum()
    assert derive_prefix(prefix) == prefix


NUMBERS = [
    (program, key)
    for program in (SERVER, CLIENT)
    for key, field in program.model.model_fields.items()
    if field.annotation in (int, int | None)
]
JSON_NUMBERS = [*"-1 1.5 1e400 -1e400 NaN Infinity true [] {}".split(), "9" * 4000, str(10**30), str(2**63)]


@pytest.mark.parametrize("number", JSON_NUMBERS, ids=lambda text: text[:20])
@pytest.mark.parametrize(
    ("program", "key"), NUMBERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_number_out_of_range_is_a_problem(
    tmp_path: Path, program: Program[Any], key: str, number: str
) -> None:
    (tmp_path / program.file).write_text(f'{{"{key}": {number}}}')
    [problem] = [one for one in resolve(program, None, {}, {}, [tmp_path]).problems if key in one.fault]
    assert "must be" in problem.fault


@pytest.mark.parametrize("text", NASTY_NUMBERS.values(), ids=NASTY_NUMBERS)
@pytest.mark.parametrize(
    ("program", "key"), NUMBERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_text_that_is_not_a_number_is_a_problem(
    tmp_path: Path, program: Program[Any], key: str, text: str
) -> None:
    name = program.prefix + key.upper()
    [problem] = [
        one for one in resolve(program, None, {}, {name: text}, [tmp_path]).problems if name in one.fault
    ]
    assert "must be" in problem.fault
