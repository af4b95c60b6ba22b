"""What is refused before minutes are spent on measuring it: addresses, processes and files that are no use."""

import resource
from collections.abc import Sequence
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import typer

from scripts.benchmarks.target import Target

ANSWER_SECONDS = 5.0
SPARE_DESCRIPTORS = 400  # of a server, or of a process that measures, beside those of its connections


def refuse_unwritable(path: Path | None) -> Path | None:
    """Return the path of a file that can be written; nothing is written to it yet.

    Raises: typer.BadParameter.
    """
    if path is not None:
        is_new = not path.exists()
        try:
            path.open("a").close()
        except OSError as error:
            raise typer.BadParameter(f"{path} cannot be written: {error.strerror}") from error
        if is_new:
            path.unlink()
    return path


def refuse_unusable(targets: Sequence[Target], remote: bool) -> None:
    """See to it that servers are on this machine, or may be elsewhere, and that somebody answers there.

    Raises: typer.BadParameter.
    """
    for target in targets:
        host = target.address.host
        if not remote and not _is_here(host):
            raise typer.BadParameter(f"{host} is not this machine; say --remote if you mean it")
        _refuse_silent(target)
        if target.process is not None and target.computed is None:
            raise typer.BadParameter(f"there is no process {target.process} on this machine")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_silent(target: Target) -> None:
    host, port = target.address.host, target.address.port
    try:
        with closing(target.address.new_socket()) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect((host, port))
    except OSError as error:
        why = error.strerror or error
        raise typer.BadParameter(f"no server answers at {host}, port {port}: {why}") from error


def refuse_crowd(people: int, processes: int) -> None:
    """See to it that one of so many processes may have its share of the connections.

    Raises: typer.BadParameter.
    """
    needed = -(-people // processes) + SPARE_DESCRIPTORS
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and needed > most:
        raise typer.BadParameter(
            f"{people} people need {needed} open files in one process, and the system allows {most} (ulimit -Hn)"
        )
