"""SIGHUP: a real server reads its settings again, and nobody is disconnected (docs/settings.md)."""

import fcntl
import json
import os
import pty
import shutil
import ssl
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGHUP

import pytest

from tests.process.server_process import PROGRAM, Server, environment
from tests.process.socket_client import PATIENCE, SocketClient

PEMS = Path(__file__).parents[1] / "tls"


def trusting(name: str) -> ssl.SSLContext:
    """Return a client's context that trusts one certificate."""
    return ssl.create_default_context(cafile=str(PEMS / name))


def tls_port(server: Server) -> int:
    """Return the port for TLS, which the server chose itself."""
    return int(server.greeting[0].rpartition("TLS on port ")[2].rstrip("."))


def show(folder: Path, certificate: str, key: str) -> None:
    """Put a certificate and its key where the server looks for them, one after the other, as tools do."""
    shutil.copy(PEMS / certificate, folder / "cert.pem")
    shutil.copy(PEMS / key, folder / "key.pem")


def write(folder: Path, **settings: object) -> None:
    """Write the settings file."""
    files = {"tls_cert": str(folder / "cert.pem"), "tls_key": str(folder / "key.pem"), "tls_port": 0}
    (folder / "serverSetup.json").write_text(json.dumps(files | settings))


def wait_until(is_so: Callable[[], bool], peer: SocketClient) -> None:
    """Talk to the server until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        peer.fence()


def test_a_new_certificate_is_shown_to_whoever_comes_and_nobody_has_to_go(tmp_path: Path) -> None:
    show(tmp_path, "cert.pem", "key.pem")
    write(tmp_path)
    with Server(tmp_path) as server:
        port = tls_port(server)
        with SocketClient(port, tls=trusting("cert.pem"), host="localhost") as alice:
            alice.register("alice")
            show(tmp_path, "renewed.pem", "other.pem")
            write(tmp_path, topic_length=100, node="other", motd="hi")
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


def test_what_cannot_be_used_is_logged_and_all_goes_on_as_before(tmp_path: Path) -> None:
    show(tmp_path, "cert.pem", "key.pem")
    write(tmp_path)
    with Server(tmp_path) as server:
        alice = server.connect("alice")
        port = tls_port(server)
        show(tmp_path, "renewed.pem", "key.pem")
        write(tmp_path, topic_length=100)
        server.process.send_signal(SIGHUP)
        wait_until(
            lambda: "The settings were not reloaded: tls_cert and tls_key cannot be used" in server.log, alice
        )
        (tmp_path / "serverSetup.json").write_text('{"topic_length": 100,')
        server.process.send_signal(SIGHUP)
        wait_until(lambda: "is not valid JSON" in server.log, alice)
        with SocketClient(port, tls=trusting("cert.pem"), host="localhost") as bob:
            assert any("TOPICLEN=390" in line for line in bob.register("bob"))


def test_a_flag_and_a_variable_stay_in_force(tmp_path: Path) -> None:
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
    """Be the leader of a session whose terminal is the standard input, as a shell is."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_the_end_of_its_terminal_is_its_own_end(tmp_path: Path) -> None:
    """SIGHUP comes too when a terminal is closed; a server that was started there must not stay behind."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "run", "-p", "0"],
        cwd=tmp_path,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=take_terminal,
    ) as process:
        os.close(theirs)
        said = b""
        while not said.endswith(b"Ctrl-C.\r\n"):
            said += os.read(ours, 1024)
        os.close(ours)
        assert process.wait(PATIENCE) == 0
