"""A program is suspended only if a shell would continue it."""

import subprocess
import sys

import pytest

from tests.cli.test_server import environment

PROGRAM = "from app.client.terminal.job_control import has_job_control as has; print(has())"


@pytest.mark.parametrize(
    ("is_session_leader", "group", "answer"),
    [(True, None, "False"), (False, None, "False"), (False, 0, "True")],
    ids=["as a terminal starts it", "as a script starts it", "as a shell starts it"],
)
def test_a_shell_gives_each_program_a_process_group(
    is_session_leader: bool, group: int | None, answer: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment(),
        start_new_session=is_session_leader,
        process_group=group,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == answer
