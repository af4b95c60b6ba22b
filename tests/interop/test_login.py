"""Accounts: logging in by SASL, and names that belong to them."""

from pathlib import Path

import pytest

from tests.interop.conftest import PASSWORD, StartIrssi, StartWeechat, admin
from tests.process.server_process import Server

pytestmark = pytest.mark.clients


def make_account(name: str, password_file: Path) -> None:
    """Create an account with `chat-admin`."""
    admin(password_file.parent, "user", "create", name, "--password-file", password_file)


def test_irssi_logs_in_and_the_nick_is_protected(
    server: Server, password_file: Path, irssi: StartIrssi, weechat: StartWeechat
) -> None:
    make_account("anna", password_file)
    stranger = weechat(server.port, "anna,guest")
    stranger.shows('nickname "anna" is already in use, trying nickname "guest"')
    stranger.shows("guest", place="#general")

    anna = irssi(server.port, "anna", PASSWORD)
    anna.shows("You are now logged in as anna", "SASL authentication succeeded", "Welcome to Server, anna")
    stranger.shows("anna [anna] (A person with irssi) (~anna@127.0.0.1) has joined #general")
    stranger.type("/nick anna")
    stranger.shows("anna: This nick is registered")
    stranger.type("/whois anna")
    stranger.shows("[anna] is logged in as anna")


def test_weechat_logs_in_and_the_nick_is_protected(
    server: Server, password_file: Path, irssi: StartIrssi, weechat: StartWeechat
) -> None:
    make_account("boris", password_file)
    stranger = irssi(server.port, "boris")
    stranger.shows("Welcome to Server, boris_")

    boris = weechat(
        server.port, "boris", sasl_mechanism="plain", sasl_username="boris", sasl_password=PASSWORD
    )
    boris.shows("logged in as boris")
    boris.shows("Welcome to Server, boris")
    stranger.type("/nick boris")
    stranger.shows("Nick boris is already in use")


def test_a_wrong_password_is_refused(
    server: Server, password_file: Path, irssi: StartIrssi, weechat: StartWeechat
) -> None:
    make_account("anna", password_file)
    wrong = irssi(server.port, "anna", "guessed it")
    wrong.shows("Cannot authenticate via SASL", "wrong account or password")
    other = weechat(server.port, "anna", sasl_mechanism="plain", sasl_username="anna", sasl_password="guess")
    other.shows("wrong account or password")
    peer = server.connect("peer")
    peer.send("WHOIS anna")
    assert peer.hears(" 401 ")
