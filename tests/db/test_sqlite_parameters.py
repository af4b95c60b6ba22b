"""The parameters of statements on SQLite."""

import sqlite3
from typing import Any

import pytest


@pytest.mark.parametrize("value", [None, b"salt"])
def test_the_driver_finds_an_adapter_at_once(value: Any) -> None:
    """Without one, `adapt` raises an error, and each parameter takes ten times as long."""
    assert sqlite3.adapt(value) is value
