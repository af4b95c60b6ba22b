"""The log of internal errors of the full-screen client, which cannot show a traceback."""

import traceback
from pathlib import Path

from app.client.storage import private_files
from app.clock import to_iso
from app.errors import describe_defect

ERROR_LOG = "errors.log"  # in the state folder
MAX_BYTES = 1024 * 1024  # then the log is begun again


class ErrorLog:
    """Appends tracebacks to a private file. Without a folder, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.file = folder / ERROR_LOG if folder else None

    def explain(self, error: BaseException, at: int) -> str:
        """Log an exception; return a sentence about it, and where the details are."""
        return describe_defect(error, f"The details are in {self.file}." if self.write(error, at) else "")

    def write(self, error: BaseException, at: int) -> bool:
        """Append the traceback of an exception; return whether that was possible.

        `at` is in milliseconds since the Unix epoch.
        """
        if self.file is None:
            return False
        text = f"{to_iso(at)}\n{''.join(traceback.format_exception(error))}\n"
        try:
            is_full = self.file.exists() and self.file.stat().st_size > MAX_BYTES
            write = private_files.replace if is_full else private_files.append
            write(self.file, text)
        except OSError:
            return False
        return True
