"""Files with one JSON object, which only their owner can read."""

import json
from collections.abc import Mapping
from pathlib import Path

from app.client.storage import private_files


def read_object(file: Path | None) -> dict[str, object]:
    """Return the object in a file; an empty one without a file, or if it is missing or damaged."""
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write_object(file: Path, content: Mapping[str, object]) -> None:
    """Replace the object in a file.

    Raises: OSError.
    """
    private_files.replace(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
