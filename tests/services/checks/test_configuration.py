"""The checks of the settings and of the ports that they open."""

from pathlib import Path

import pytest

from app.services.checks.configuration import check_ports, check_settings
from app.settings import SERVER, ServerSettings, resolve

TLS = {"tls_cert": Path("cert.pem"), "tls_key": Path("key.pem")}


def test_each_invalid_setting_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "serverSetup.json"
    path.write_text('{"port": "x", "flood_rate": -1}')
    result = check_settings(resolve(SERVER, path, environment={}))
    assert result.summary == str(path)
    assert [finding.problem.split('"')[0].split(":")[-1].strip() for finding in result.findings]
    assert len(result.findings) == 2
    path.write_text("{}")
    assert check_settings(resolve(SERVER, path, environment={})).findings == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, []),
        ({"ip": "localhost"}, []),
        ({"ip": "::1", "websocket_port": 8067}, []),
        ({"ip": "0.0.0.0"}, ["no TLS: passwords"]),
        ({"ip": "chat.example.org"}, ["no TLS: passwords"]),
        ({"ip": "::", **TLS}, ["reachable beyond this machine without TLS"]),
        ({"ip": "192.0.2.1", **TLS, "sts_seconds": 86400}, []),
        ({"ip": "::", **TLS, "sts_seconds": 1, "websocket_port": 8067}, ["(WebSocket)"]),
        (
            {"ip": "::", **TLS, "sts_seconds": 1, "websocket_port": 8067, "proxy_from": ["10.0.0.1"]},
            [],
        ),
        ({"metrics_ip": "0.0.0.0", "metrics_port": 9667}, ["Metrics have no password"]),
        ({"metrics_ip": "198.51.100.1", "metrics_port": 9667}, []),
        ({"metrics_ip": "8.8.8.8", "metrics_port": 9667}, ["Metrics have no password"]),
        ({"metrics_ip": "10.0.0.1", "metrics_port": 9667}, []),
        ({"metrics_ip": "0.0.0.0"}, []),
    ],
)
def test_ports_that_reveal_something_beyond_loopback_are_found(
    settings: dict[str, object], words: list[str]
) -> None:
    findings = check_ports(ServerSettings.model_validate(settings)).findings
    assert len(findings) == len(words)
    for finding, word in zip(findings, words, strict=True):
        assert word in finding.problem
        assert finding.advice


def test_the_summary_lists_the_ports() -> None:
    settings = ServerSettings(ip="::", **TLS, websocket_tls_port=8443, metrics_port=9667)
    assert check_ports(settings).summary == (
        "IRC :: port 6667, TLS :: port 6697, WebSocket over TLS :: port 8443, metrics 127.0.0.1 port 9667"
    )
