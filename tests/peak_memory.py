"""The greatest resident size of `chat-admin`, as the program itself reports it at its end."""

import os
import subprocess
import sys
from pathlib import Path

_MEASURED = """
import atexit, sys
from pathlib import Path
from app.cli.admin import main

def tell():
    sys.stderr.write(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

atexit.register(tell)
main()
"""


def run_measured(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run `chat-admin` in a folder; return how it ended, and its peak in MiB.

    The program reports the peak itself: `wait4` would include the size of the parent.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", _MEASURED, *arguments]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return ended, int(ended.stderr.split()[-1]) / 1024
