"""A long run of the coverage-guided fuzzer."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.commands.table import build_command_table
from tests.engine.attacks.test_fuzz_bytes import phrases

SECONDS = 60


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 5)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: `pip install atheris`")
def test_bytes_that_reach_new_code_break_nothing(tmp_path: Path) -> None:
    words = "\n".join(f'"{phrase} "' for phrase in sorted(set(phrases(build_command_table().by_verb))))
    (tmp_path / "words").write_text(words)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.engine.attacks.guided_fuzz",
            f"-max_total_time={SECONDS}",
            "-max_len=600",
            f"-dict={tmp_path / 'words'}",
            f"-artifact_prefix={tmp_path}/",
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-5000:]
