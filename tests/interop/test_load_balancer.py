"""People behind HAProxy, who are moved to another node when theirs is killed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.haproxy import PROXY_SETTINGS, HAProxy, open_haproxy
from tests.interop.conftest import PASSWORD, StartIrssi, StartWeechat, needs
from tests.postgres import Postgres
from tests.process.nodes.cluster import ServerCluster, open_cluster
from tests.process.nodes.crowd import wait_for_messages, watched
from tests.process.server_process import PROGRAM

pytestmark = pytest.mark.clients


@pytest.fixture
def url(postgres: Postgres) -> Iterator[URL]:
    """The URL of an empty chat database."""
    needs("haproxy")
    with postgres.database() as url:
        yield url


@pytest.fixture
def cluster(url: URL, tmp_path: Path) -> Iterator[ServerCluster]:
    """Two servers that accept HAProxy's connections."""
    address = url.render_as_string(hide_password=False)
    with open_cluster(tmp_path, address, size=2, **PROXY_SETTINGS) as cluster:
        yield cluster


@pytest.fixture
def first_node(cluster: ServerCluster, tmp_path: Path) -> Iterator[HAProxy]:
    """HAProxy, which connects everybody to the first node while that is ready."""
    with open_haproxy(tmp_path, cluster.nodes, "first") as proxy:
        yield proxy


def create_account(url: URL, name: str, password_file: Path) -> None:
    """Create an account with `chat-admin`."""
    program, dbname = PROGRAM.with_name("chat-admin"), url.render_as_string(hide_password=False)
    subprocess.run(
        [program, "user", "create", name, "--password-file", password_file, "-d", dbname],
        cwd=password_file.parent,
        check=True,
        capture_output=True,
    )


def test_people_resume_on_the_node_to_which_they_are_moved(
    cluster: ServerCluster, url: URL, tmp_path: Path
) -> None:
    with (
        open_haproxy(tmp_path, cluster.nodes, "roundrobin") as proxy,
        watched(cluster, url, [proxy] * 2) as crowd,
    ):
        for node in cluster.nodes:
            wait_for_messages(crowd)
            node.kill()
            wait_for_messages(crowd)
            node.start()
        assert min(len(person.views) for person in crowd.people) > 1, "everybody was moved"


def test_irssi_goes_on_after_its_node_is_killed(
    cluster: ServerCluster, first_node: HAProxy, url: URL, password_file: Path, irssi: StartIrssi
) -> None:
    create_account(url, "anna", password_file)
    first, second = cluster.nodes
    anna = irssi(first_node.port, "anna", PASSWORD)
    anna.shows("Welcome to Server, anna", "[Act: 2]")
    anna.window(2)
    with second.connect("peer") as peer:
        anna.type("before")
        peer.hears(" PRIVMSG #general :before")
        first.kill()
        peer.send("PRIVMSG #general :meanwhile")
        anna.shows("< peer> meanwhile")
        anna.type("back")
        assert peer.hears(" PRIVMSG #general :back")[-1].startswith(":anna!")
        peer.send("PRIVMSG #general :welcome")
        anna.shows("< peer> welcome")
        said = [line for line in anna.log("#general") if "> " in line]
        assert said[0] == "< anna> before"  # and again, if the node had not renewed its lease since
        assert said[-3:] == ["< peer> meanwhile", "< anna> back", "< peer> welcome"]
        assert {*said[1:-3]} <= {"< anna> before"}


def test_weechat_goes_on_after_its_node_is_killed(
    cluster: ServerCluster, first_node: HAProxy, url: URL, password_file: Path, weechat: StartWeechat
) -> None:
    create_account(url, "wanda", password_file)
    login = {"sasl_mechanism": "plain", "sasl_username": "wanda", "sasl_password": PASSWORD}
    first, second = cluster.nodes
    wanda = weechat(first_node.port, "wanda", autoreconnect_delay="1", **login)
    wanda.shows("has joined", place="#general")
    with second.connect("peer") as peer:
        wanda.type("before")
        peer.hears(" PRIVMSG #general :before")
        wanda.shows("before", "wanda", "#general")
        wanda.shown.clear()
        first.kill()
        peer.send("PRIVMSG #general :meanwhile")
        wanda.shows("meanwhile", "peer", "#general")
        wanda.type("back")
        assert peer.hears(" PRIVMSG #general :back")[-1].startswith(":wanda!")
        peer.send("PRIVMSG #general :welcome")
        wanda.shows("welcome", "peer", "#general")
        said = [line.text for line in wanda.shown if "irc_privmsg" in line.tags]
        assert said[-3:] == ["meanwhile", "back", "welcome"]
        assert {*said[:-3]} <= {"before"}  # again, if the node had not renewed its lease since
