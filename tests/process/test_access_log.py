"""The log of a real server, read by the fail2ban filter of the documentation."""

import json
import shutil
import subprocess
from pathlib import Path
from signal import SIGHUP

import pytest

from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.test_access_log import FILTER, addresses_to_ban
from tests.waiting import eventually

SECRET = "hunter2 correct horse"


def fail_to_log_in(server: Server, address: str, nick: str) -> None:
    """Connect from an address behind a proxy, and try a wrong password."""
    peer = server.connect()
    family = "TCP6" if ":" in address else "TCP4"
    target = "2001:db8::1" if ":" in address else "198.51.100.1"
    peer.socket.sendall(f"PROXY {family} {address} {target} 1 2\r\n".encode())
    peer.send(f"PASS :{SECRET}", f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    peer.hears(" 001 ")


@pytest.fixture
def log(tmp_path: Path) -> list[str]:
    """The lines of a server whose clients failed to log in, first as text and then as JSON."""
    settings = {"proxy_from": ["127.0.0.1"]}
    path = tmp_path / "serverSetup.json"
    path.write_text(json.dumps(settings))
    with Server(tmp_path) as server:
        fail_to_log_in(server, "192.0.2.7", "anna")
        fail_to_log_in(server, "2001:db8::7", "bob")
        path.write_text(json.dumps(settings | {"log_format": "json"}))
        server.process.send_signal(SIGHUP)
        eventually(lambda: "Changed: log_format." in server.log, TIMEOUT_SECONDS)
        fail_to_log_in(server, "192.0.2.8", "carol")
        fail_to_log_in(server, "2001:db8::8", "dave")
        assert server.end() == 0
        return server.log.splitlines()


def test_the_filter_bans_who_failed_to_log_in(log: list[str], tmp_path: Path) -> None:
    found = [address for line in log for address in addresses_to_ban(line)]
    assert found == ["192.0.2.7", "2001:db8::7", "192.0.2.8", "2001:db8::8"]
    assert SECRET not in "".join(log)
    text, last = log[0], log[-1]
    assert text.endswith(" INFO connected address=192.0.2.7 secure=no")
    assert isinstance(json.loads(last), dict)


@pytest.mark.skipif(shutil.which("fail2ban-regex") is None, reason="needs fail2ban")
def test_fail2ban_itself_finds_the_failures(log: list[str], tmp_path: Path) -> None:
    for form, lines in (("json", [line for line in log if line.startswith("{")]), ("text", log)):
        path = tmp_path / f"{form}.log"
        path.write_text("\n".join(line for line in lines if form == "json" or line[0] != "{") + "\n")
        done = subprocess.run(
            ["fail2ban-regex", str(path), str(FILTER)], capture_output=True, text=True, check=True
        )
        assert " 2 matched," in done.stdout
