"""SIGHUP: a real server reads its settings again and disconnects no one (docs/settings.md)."""

import fcntl
import json
import os
import pty
import shutil
import ssl
import subprocess
import termios
from pathlib import Path
from signal import SIGHUP

import pytest

from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import TIMEOUT_SECONDS, SocketClient
from tests.waiting import eventually

PEMS = Path(__file__).parents[1] / "tls"


def trusting(name: str) -> ssl.SSLContext:
    """Return a client context that trusts one certificate only."""
    return ssl.create_default_context(cafile=str(PEMS / name))


def tls_port(server: Server) -> int:
    """Return the TLS port that the server chose."""
    return int(server.greeting[0].rpartition("TLS on port ")[2].rstrip("."))


def install_certificate(folder: Path, certificate: str, key: str) -> None:
    """Copy a certificate and its key to the configured paths, as renewal tools do."""
    shutil.copy(PEMS / certificate, folder / "cert.pem")
    shutil.copy(PEMS / key, folder / "key.pem")


def write_settings(folder: Path, **settings: object) -> None:
    """Write the settings file."""
    files = {"tls_cert": str(folder / "cert.pem"), "tls_key": str(folder / "key.pem"), "tls_port": 0}
    (folder / "serverSetup.json").write_text(json.dumps(files | settings))


def test_new_connections_get_a_renewed_certificate(tmp_path: Path) -> None:
    install_certificate(tmp_path, "cert.pem", "key.pem")
    write_settings(tmp_path)
    with Server(tmp_path) as server:
        port = tls_port(server)
        with SocketClient(port, tls=trusting("cert.pem"), host="localhost") as alice:
            alice.register("alice")
            install_certificate(tmp_path, "renewed.pem", "other.pem")
            write_settings(tmp_path, topic_length=100, node="other", motd="hi")
            server.process.send_signal(SIGHUP)
            assert "TOPICLEN=100" in alice.hears(" 005 ")[-1]
            assert alice.fence() == []
            with SocketClient(port, tls=trusting("renewed.pem"), host="localhost") as bob:
                bob.register("bob")
                bob.send("PRIVMSG alice :still there?")
                assert alice.hears("PRIVMSG")[-1].endswith(":still there?")
            with pytest.raises(ssl.SSLCertVerificationError):
                SocketClient(port, tls=trusting("cert.pem"), host="localhost")
            assert "Changed: motd, topic_length. Needs a restart: node." in server.log


def test_an_unusable_reload_is_logged_and_changes_nothing(tmp_path: Path) -> None:
    install_certificate(tmp_path, "cert.pem", "key.pem")
    write_settings(tmp_path)
    with Server(tmp_path) as server:
        alice = server.connect("alice")
        port = tls_port(server)
        install_certificate(tmp_path, "renewed.pem", "key.pem")
        write_settings(tmp_path, topic_length=100)
        server.process.send_signal(SIGHUP)
        refused = "The settings were not reloaded: tls_cert and tls_key cannot be used"
        eventually(lambda: refused in server.log, TIMEOUT_SECONDS)
        (tmp_path / "serverSetup.json").write_text('{"topic_length": 100,')
        server.process.send_signal(SIGHUP)
        eventually(lambda: "is not valid JSON" in server.log, TIMEOUT_SECONDS)
        assert alice.fence() == []
        with SocketClient(port, tls=trusting("cert.pem"), host="localhost") as bob:
            assert any("TOPICLEN=390" in line for line in bob.register("bob"))


def test_flags_and_variables_survive_a_reload(tmp_path: Path) -> None:
    (tmp_path / "serverSetup.json").write_text("{}")
    with Server(tmp_path, "--buffer", "512", topic_length=50) as server:
        alice = server.connect("alice", "batch", "draft/multiline")
        (tmp_path / "serverSetup.json").write_text('{"topic_length": 60, "buffer": 600, "nick_length": 20}')
        server.process.send_signal(SIGHUP)
        tokens = alice.hears(" 005 ")[-1]
        assert "NICKLEN=20" in tokens
        assert "TOPICLEN" not in tokens
        alice.send("CAP LS 302")
        assert "max-bytes=512" in "".join(alice.fence())


def take_terminal() -> None:
    """Become the leader of a session whose terminal is standard input, like a shell."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_closing_its_terminal_stops_the_server(tmp_path: Path) -> None:
    """SIGHUP is also sent when a terminal closes; a server started in it must not survive."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "run", "-p", "0"],
        cwd=tmp_path,
        env=environment(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=take_terminal,
    ) as process:
        os.close(slave)
        output = b""
        while not output.endswith(b"Ctrl-C.\r\n"):
            output += os.read(master, 1024)
        os.close(master)
        assert process.wait(TIMEOUT_SECONDS) == 0
