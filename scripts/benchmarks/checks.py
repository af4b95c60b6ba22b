"""Checks addresses, processes and files before a long measurement starts."""

import resource
from collections.abc import Sequence
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import typer

from scripts.benchmarks.target import Target

CONNECT_TIMEOUT_SECONDS = 5.0
SPARE_DESCRIPTORS = 400  # per server or load generator, in addition to its connections


def check_writable(path: Path | None) -> Path | None:
    """Return the path unchanged if it is None or a writable file; no file is left behind.

    Raises: typer.BadParameter if the file cannot be written.
    """
    if path is not None:
        is_new = not path.exists()
        try:
            path.open("a").close()
        except OSError as error:
            raise typer.BadParameter(f"cannot write {path}: {error.strerror}") from error
        if is_new:
            path.unlink()
    return path


def check_targets(targets: Sequence[Target], remote: bool) -> None:
    """Check that the servers are reachable and, unless `remote` is true, on this machine.

    Raises: typer.BadParameter if one is not, or if its process does not exist.
    """
    for target in targets:
        host = target.address.host
        if not remote and not _is_here(host):
            raise typer.BadParameter(f"{host} is not this machine; use --remote if this is intended")
        _refuse_unreachable(target)
        if target.process is not None and target.cpu_seconds is None:
            raise typer.BadParameter(f"no process {target.process} on this machine")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_unreachable(target: Target) -> None:
    host, port = target.address.host, target.address.port
    try:
        with closing(target.address.new_socket()) as connection:
            connection.settimeout(CONNECT_TIMEOUT_SECONDS)
            connection.connect((host, port))
    except OSError as error:
        why = error.strerror or error
        raise typer.BadParameter(f"cannot connect to {host} port {port}: {why}") from error


def check_descriptor_limit(people: int, processes: int) -> None:
    """Check that each process may open its share of the connections.

    Raises: typer.BadParameter if the limit on open files is too low.
    """
    needed = -(-people // processes) + SPARE_DESCRIPTORS
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and needed > limit:
        raise typer.BadParameter(
            f"{people} connections need {needed} open files per process; the limit is {limit} (ulimit -Hn)"
        )
