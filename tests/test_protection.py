"""Security settings: a fault in one of them is refused, never ignored."""

import json
from collections.abc import Mapping
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.errors import SettingsRefused
from app.settings import CLIENT, SERVER, ServerSettings, load
from app.settings.marks import is_security_setting
from app.settings.sources import MAX_FILE_BYTES
from tests.test_settings import loaded_from

TLS = Path(__file__).parent / "tls"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
PROTECTING = [key for key in ServerSettings.model_fields if is_security_setting(ServerSettings, key)]

SENSIBLE_NAMES = {"password": "", "metrics_ip": "not a host"}  # where "nonsense" would be valid


def refusal(folder: Path, text: str | bytes, environment: Mapping[str, str] | None = None) -> str:
    """Return the message with which loading is refused."""
    with pytest.raises(SettingsRefused) as caught:
        loaded_from(folder, text, environment)
    return caught.value.sentence


@pytest.mark.parametrize("key", PROTECTING)
def test_invalid_security_value_is_refused_in_file_and_environment(tmp_path: Path, key: str) -> None:
    nonsense = "\0" if key.startswith("tls_") else SENSIBLE_NAMES.get(key, "nonsense")
    assert key in refusal(tmp_path, json.dumps({key: nonsense}))
    if nonsense != "\0":  # an environment variable cannot contain NUL
        assert f"CHAT_{key.upper()}" in refusal(tmp_path, "{}", {f"CHAT_{key.upper()}": nonsense})


@pytest.mark.parametrize("key", PROTECTING)
def test_invalid_security_value_in_the_local_file_is_refused(tmp_path: Path, key: str) -> None:
    wrong = {"tls_cert": 1, "tls_key": 1} | SENSIBLE_NAMES
    (tmp_path / SERVER.local_file).write_text(json.dumps({key: wrong.get(key, "nonsense")}))
    assert f'serverSetup.local.json: "{key}"' in refusal(tmp_path, "{}")


@pytest.mark.parametrize("text", ['{"password": "secret"', '{"pasword": "secret"}'])
def test_local_file_that_may_contain_a_security_setting_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / SERVER.local_file).write_text(text)
    assert "serverSetup.local.json" in refusal(tmp_path, '{"password": "other"}')


def test_an_unreadable_local_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).symlink_to(tmp_path / "unmounted" / "settings.json")
    assert "serverSetup.local.json cannot be read" in refusal(tmp_path, "{}")


def test_local_file_does_not_hide_an_invalid_security_value(tmp_path: Path) -> None:
    (tmp_path / SERVER.local_file).write_text('{"flood_rate": 20}')
    assert "flood_rate" in refusal(tmp_path, '{"flood_rate": "fast"}')


def test_environment_does_not_hide_an_invalid_security_value(tmp_path: Path) -> None:
    assert "flood_rate" in refusal(tmp_path, '{"flood_rate": "fast"}', {"CHAT_FLOOD_RATE": "20"})


@pytest.mark.parametrize(
    "text",
    [
        '{"pasword": "secret"}',
        '{"Password": "secret"}',
        '{"server_password": "secret"}',
        '{"tls": true}',
        '{"flood-rate": 5}',
        '{"password": "secret", "password": null}',
    ],
)
def test_misspelt_or_repeated_security_setting_is_refused(tmp_path: Path, text: str) -> None:
    assert "secret" not in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "secret",,}',
        '{"password": "secret"',
        '{"p\\u0061ssword": "secret",,}',
        '{"pasword": "secret",}',
        '{"port": 1 /* "password": "secret" }',
        '["password", "secret"]',
        '{"password": "secret"}'.encode("utf-16"),
        '{"port": 1, "tls_cert: "a.pem"}',
        '{"registration": closed}',
    ],
)
def test_broken_file_that_mentions_a_security_setting_is_refused(tmp_path: Path, text: str | bytes) -> None:
    assert "secret" not in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "secret",}',
        '{"p\\u0061ssword": "secret",}',
        '\ufeff{"password": "secret"}',
        '{ // the password\n "password": "secret" }',
    ],
)
def test_a_small_mistake_does_not_lose_a_security_setting(tmp_path: Path, text: str) -> None:
    loaded = loaded_from(tmp_path, text)
    assert loaded.values.password == "secret"
    [warning] = loaded.warnings
    assert "is read as JSON5" in warning
    assert "secret" not in warning


@pytest.mark.parametrize(
    "text", ['{"flood_rate": "fast",}', '{"password": "a", "password": "b",}', '{"pasword": "secret",}']
)
def test_json5_protects_security_settings_like_json(tmp_path: Path, text: str) -> None:
    assert "security setting" in refusal(tmp_path, text)


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / SERVER.file).symlink_to(tmp_path / "unmounted" / "settings.json")
    with pytest.raises(SettingsRefused, match="cannot be read"):
        loaded_from(tmp_path)


def test_overlong_file_is_refused(tmp_path: Path) -> None:
    assert "longer than" in refusal(tmp_path, " " * MAX_FILE_BYTES + "{}")


@pytest.mark.parametrize(
    "password", [5, "", "two\nlines", "é" * 253, "$argon2id$half", HASH.replace("argon2id", "argon2i")]
)
def test_invalid_password_is_refused_and_never_shown(tmp_path: Path, password: object) -> None:
    sentence = refusal(tmp_path, json.dumps({"password": password}))
    assert "a value that is not shown" in sentence


@pytest.mark.parametrize("password", ["open sesame", "пароль", "é" * 252, HASH])
def test_password_does_not_appear_in_repr(tmp_path: Path, password: str) -> None:
    values = loaded_from(tmp_path, json.dumps({"password": password})).values
    assert values.password == password
    assert password not in repr(values)


def test_settings_are_immutable() -> None:
    with pytest.raises(ValidationError):
        ServerSettings().port = 1  # type: ignore[misc]


# TLS


def tls(folder: Path, **keys: object) -> str:
    """Return the message with which these TLS settings are refused."""
    return refusal(folder, json.dumps({key: str(value) for key, value in keys.items()}))


def test_certificate_and_key_must_be_set_together(tmp_path: Path) -> None:
    assert "must be set together" in tls(tmp_path, tls_cert=TLS / "cert.pem")
    assert "must be set together" in tls(tmp_path, tls_key=TLS / "key.pem")


@pytest.mark.parametrize(
    ("certificate", "key", "word"),
    [
        ("cert.pem", "none.pem", "No such file"),
        ("none.pem", "key.pem", "No such file"),
        ("cert.pem", "other.pem", "not a certificate and its key"),
        ("key.pem", "key.pem", "not a certificate and its key"),
        ("cert.pem", "locked.pem", "passphrase"),
    ],
)
def test_unusable_certificate_or_key_is_refused(
    tmp_path: Path, certificate: str, key: str, word: str
) -> None:
    assert word in tls(tmp_path, tls_cert=TLS / certificate, tls_key=TLS / key)


def test_matching_certificate_and_key_enable_tls(tmp_path: Path) -> None:
    text = json.dumps({"tls_cert": str(TLS / "cert.pem"), "tls_key": str(TLS / "key.pem")})
    assert loaded_from(tmp_path, text).values.has_tls
    with pytest.raises(SettingsRefused, match="both 6697"):
        loaded_from(tmp_path, text, port=6697)


@pytest.mark.parametrize("key", ["websocket_tls_port", "sts_seconds"])
def test_setting_that_requires_tls_is_refused_without_it(tmp_path: Path, key: str) -> None:
    assert f"{key} requires tls_cert" in refusal(tmp_path, json.dumps({key: 7000}))


def test_sts_requires_a_fixed_tls_port(tmp_path: Path) -> None:
    keys = {"tls_cert": TLS / "cert.pem", "tls_key": TLS / "key.pem", "sts_seconds": 60}
    assert "a tls_port other than 0" in tls(tmp_path, **keys, tls_port=0)


def test_listeners_must_have_different_ports(tmp_path: Path) -> None:
    pair = {"tls_cert": str(TLS / "cert.pem"), "tls_key": str(TLS / "key.pem")}
    ports = ("port", "tls_port", "websocket_port", "websocket_tls_port")
    for one, other in combinations(ports, 2):
        assert f"{one} and {other} are both 7000" in refusal(
            tmp_path, json.dumps(pair | {one: 7000, other: 7000})
        )
    loaded_from(tmp_path, json.dumps(pair | dict.fromkeys(ports, 0)))
    loaded_from(tmp_path, json.dumps({"tls_port": 7000, "port": 7000}))


# Origins, proxies and certificate authorities


@pytest.mark.parametrize("origin", ["chat.example", "https://chat.example/a", "*", "https://"])
def test_malformed_origin_is_refused(tmp_path: Path, origin: str) -> None:
    assert "must be origins such as" in refusal(tmp_path, json.dumps({"websocket_origins": [origin]}))


def test_origins_are_stored_as_browsers_send_them(tmp_path: Path) -> None:
    given = ["https://Chat.example:443/", "http://[0::1]:80", "https://chat.example:8443"]
    values = loaded_from(tmp_path, json.dumps({"websocket_origins": given})).values
    assert values.websocket_origins == ("https://chat.example", "http://[::1]", "https://chat.example:8443")


@pytest.mark.parametrize(
    "network",
    [
        *("nowhere", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.*", "", 7, None),
        *("0.0.0.0/0", "::/0", "::ffff:0:0/96"),
    ],
)
def test_malformed_proxy_network_is_refused(tmp_path: Path, network: object) -> None:
    assert "must be addresses or networks" in refusal(tmp_path, json.dumps({"proxy_from": [network]}))
    loaded_from(tmp_path, '{"proxy_from": ["192.0.2.1", "2001:db8::/32"]}')


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:c000:200/120", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8:0::/48", "2001:db8::/48"),
    ],
)
def test_proxy_networks_are_stored_as_addresses_are_compared(
    tmp_path: Path, written: str, compared: str
) -> None:
    values = loaded_from(tmp_path, json.dumps({"proxy_from": [written]})).values
    assert [str(network) for network in values.proxy_from] == [compared]


def test_addresses_are_stored_in_their_canonical_form(tmp_path: Path) -> None:
    values = loaded_from(tmp_path, '{"ip": "0:0:0:0:0:0:0:0", "metrics_ip": "0::1"}').values
    assert (values.ip, values.metrics_ip) == ("::", "::1")


def test_unusable_ca_file_of_the_client_is_refused(tmp_path: Path) -> None:
    load(CLIENT, flags={"tls_ca": TLS / "cert.pem"}, environment={}, folders=[])
    for name in ("key.pem", "none.pem"):
        with pytest.raises(SettingsRefused, match="tls_ca cannot be used"):
            load(CLIENT, flags={"tls_ca": TLS / name}, environment={}, folders=[])


# Arbitrary files

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(sorted(ServerSettings.model_fields)) | st.text(max_size=12)


def load_anything(folder: Path, raw: bytes) -> None:
    """Load a settings file with these bytes; fail unless it is valid or refused."""
    with suppress(SettingsRefused):
        assert isinstance(loaded_from(folder, raw).values, ServerSettings)


@given(content=st.dictionaries(keys, values, max_size=4))
def test_any_keys_with_any_values_load_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object]
) -> None:
    load_anything(tmp_path_factory.getbasetemp(), json.dumps(content).encode())


@given(content=st.binary() | st.text(alphabet='{}[]":,\\u0password1 \n').map(str.encode))
def test_any_bytes_load_or_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    load_anything(tmp_path_factory.getbasetemp(), content)


@given(cut=st.integers(min_value=15))
def test_file_truncated_after_its_password_is_refused(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    whole = '{ "password": "open sesame", "port": 1001 }'
    refusal(tmp_path_factory.getbasetemp(), whole[: min(cut, len(whole) - 1)])


@pytest.mark.parametrize(
    "operators",
    [
        [],
        "root",
        {"root": "plain text"},
        {"": HASH},
        {"the root": HASH},
        {":root": HASH},
        {"root": HASH.replace("argon2id", "argon2i")},
        "[" * 9999,
    ],
)
def test_invalid_operators_are_refused_and_never_shown(tmp_path: Path, operators: object) -> None:
    sentence = refusal(tmp_path, json.dumps({"operators": operators}))
    assert "operators" in sentence
    assert "plain text" not in sentence


def test_plain_text_operator_password_is_refused(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, json.dumps({"operators": {"root": "plain text"}}))
    assert "must be names, each with the Argon2id hash of its password ($argon2id$...)" in sentence


def test_operators_come_from_file_or_environment_and_stay_secret(tmp_path: Path) -> None:
    for text, environment in (
        (json.dumps({"operators": {"root": HASH}}), {}),
        ("{}", {"CHAT_OPERATORS": json.dumps({"root": HASH})}),
    ):
        values = loaded_from(tmp_path, text, environment).values
        assert values.operators == {"root": HASH}
        assert HASH not in repr(values)
