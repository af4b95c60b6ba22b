"""Numerics: names have unique codes and texts that are safe in a line."""

import re
from pathlib import Path

import pytest

import app
from app.wire import numerics
from app.wire.numerics import Numeric

APP = Path(app.__file__).parent
NAMED = [(name, value) for name, value in vars(numerics).items() if isinstance(value, Numeric)]


def test_codes_are_unique() -> None:
    codes = [numeric.code for _, numeric in NAMED]
    assert codes
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(("name", "numeric"), NAMED)
def test_numeric_is_well_formed(name: str, numeric: Numeric) -> None:
    assert re.fullmatch(r"(RPL|ERR)_[A-Z0-9]+", name)
    assert re.fullmatch(r"[0-9]{3}", numeric.code)
    assert numeric.text.isascii()
    assert numeric.text == numeric.text.strip()
    assert not numeric.text or numeric.text.isprintable()


def test_every_numeric_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for path in APP.rglob("*.py") if path.name != "numerics.py"]
    used = {word for source in sources for word in re.findall(r"\b(?:RPL|ERR)_[A-Z0-9]+\b", source)}
    assert [name for name, _ in NAMED if name not in used] == []


@pytest.mark.parametrize(("name", "numeric"), NAMED)
def test_error_has_a_text(name: str, numeric: Numeric) -> None:
    assert numeric.text or not name.startswith("ERR_")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RPL_WELCOME", "001"),
        ("RPL_WHOISBOT", "335"),
        ("RPL_INVITELIST", "336"),
        ("RPL_INVEXLIST", "346"),
        ("ERR_NICKNAMEINUSE", "433"),
        ("ERR_CHANOPRIVSNEEDED", "482"),
        ("ERR_INVALIDMODEPARAM", "696"),
        ("RPL_KEYNOTSET", "766"),
        ("RPL_SASLMECHS", "908"),
    ],
)
def test_numeric_has_its_standard_code(name: str, code: str) -> None:
    assert dict(NAMED)[name].code == code
