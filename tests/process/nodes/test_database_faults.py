"""Promises P1 to P3 and P6 on three nodes, while PostgreSQL restarts or its disk is full."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.postgres_instance import USER, PostgresInstances, postgres_instances, prepare
from tests.process.nodes.cluster import ServerCluster, open_cluster
from tests.process.nodes.crowd import wait_for_messages, watched
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.waiting import eventually

DISK_MIB = 160
RESTARTS = 3

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
def instances() -> Iterator[PostgresInstances]:
    """PostgreSQL servers of this test."""
    with postgres_instances() as instances:
        yield instances


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of a small file system, in which PostgreSQL may create folders."""
    folder = Path(tempfile.mkdtemp(prefix="chat-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0755", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("mounting a file system needs root")
    shutil.chown(folder, USER, USER)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


def fill(disk: Path) -> Path:
    """Fill a file system, and return the file that does."""
    filler = disk / "filler"
    with filler.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
            file.flush()
    return filler


def all_fail(cluster: ServerCluster) -> bool:
    """Whether all nodes have noticed that nothing can be stored."""
    return all("The database fails" in node.log for node in cluster.nodes)


def test_nothing_is_lost_when_postgresql_restarts(tmp_path: Path, instances: PostgresInstances) -> None:
    primary = instances.create()
    prepare(primary.url)
    address = primary.url.render_as_string()
    with open_cluster(tmp_path, address) as cluster, watched(cluster, primary.url) as crowd:
        for _ in range(RESTARTS):
            wait_for_messages(crowd)
            since = time.monotonic()
            primary.restart_at_once()
            wait_for_messages(crowd)
            print(f"restart of PostgreSQL: writers waited {crowd.longest_wait(None, since):.2f} s")
        assert [len(person.views) for person in crowd.people] == [1] * len(crowd.people)


def test_nothing_is_lost_when_the_disk_of_postgresql_is_full(
    tmp_path: Path, instances: PostgresInstances, small_disk: Path
) -> None:
    primary = instances.create(small_disk / "data")
    prepare(primary.url)
    address = primary.url.render_as_string()
    with open_cluster(tmp_path, address) as cluster, watched(cluster, primary.url) as crowd:
        wait_for_messages(crowd)
        since = time.monotonic()
        filler = fill(small_disk)
        eventually(lambda: all_fail(cluster), TIMEOUT_SECONDS)
        filler.unlink()
        if not primary.accepts_connections:
            primary.start_again()
        wait_for_messages(crowd)
        print(f"full disk: writers waited {crowd.longest_wait(None, since):.2f} s")
