"""SASLprep: the examples of RFC 4013 section 3, and how it differs for stored and given texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp.utils import saslprep

from app.wire.saslprep import ProhibitedString, prepare_query, prepare_stored

FOX = "\N{FOX FACE}"  # Unicode 9


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),  # soft hyphen
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("cre\u0300me bru\u0302le\u0301e", "cr\u00e8me br\u00fbl\u00e9e"),
        ("no\u00a0break\u3000space", "no break space"),
        ("\u0627\u0628", "\u0627\u0628"),  # Arabic letters
        ("", ""),
    ],
)
def test_variants_of_a_password_have_one_form(text: str, prepared: str) -> None:
    assert prepare_stored(text) == prepare_query(text) == prepared


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\u0007", "control character"),
        ("\u2028", "control character"),
        ("\ue000", "private use"),
        ("\ufffe", "not a character"),
        ("\ud800", "surrogate"),
        ("\ufffd", "replacement"),
        ("\u2ff0", "ideographic description"),
        ("\u202e", "how text is displayed"),
        ("\U000e0041", "tag character"),
        ("\u06271", "right-to-left"),
        ("a\u0627\u0628", "right-to-left"),
        ("\u0627a\u0628", "right-to-left"),
    ],
)
def test_a_prohibited_password_is_refused_with_its_reason(text: str, reason: str) -> None:
    for prepare in (prepare_stored, prepare_query):
        with pytest.raises(ProhibitedString, match=reason):
            prepare(text)


def test_recent_characters_are_refused_only_in_new_passwords() -> None:
    assert prepare_query(f"e\u0301{FOX}") == f"\u00e9{FOX}"
    with pytest.raises(ProhibitedString, match="newer than Unicode"):
        prepare_stored(FOX)


@given(st.text())
def test_a_prepared_password_is_what_scram_clients_compute(text: str) -> None:
    try:
        prepared = prepare_stored(text)
    except ProhibitedString:
        return
    assert prepared == saslprep(text)
    assert prepare_stored(prepared) == prepared
