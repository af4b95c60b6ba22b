"""Names: validation, case folding and confusable detection."""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from precis_i18n import get_profile

from app.wire.name_rules import InvalidName, check_nick, check_room
from app.wire.names import MAX_NICK_BYTES, MAX_ROOM_BYTES, caseless, fold, is_room, skeleton

MAPPED = get_profile("UsernameCaseMapped:CaseFold")
letters = st.characters(whitelist_categories=["Lu", "Ll", "Lt", "Lo", "Lm", "Mn", "Nd"])
anything = st.text(st.characters(), max_size=80)
scripted = st.one_of(
    st.text(st.sampled_from("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВ"), min_size=1, max_size=20),
    st.text(st.sampled_from("αβγδεζηθικλμνξοπρστυφχψωΣΩ"), min_size=1, max_size=20),
    st.text(st.sampled_from("אבגדהוזחטיכלמנסעפצקרשת"), min_size=1, max_size=20),
    st.text(st.sampled_from("あいうアイウ漢字日本"), min_size=1, max_size=20),
    st.text(st.sampled_from("abcABCßéÅ_^{}[]|\\`"), min_size=1, max_size=20),
)


def normalised_or_empty(check: Callable[[str, int], str], name: str, max_characters: int) -> str:
    """Return the normalised spelling, or an empty string when the name is not allowed."""
    with suppress(InvalidName):
        return check(name, max_characters)
    return ""


@given(anything)
@example("ﬁＡ")
@example("İ")
@example("ΑΣ")
@example("\ud800")
@example("#" + "ẞ" * 100)
def test_folding_is_idempotent_for_any_name(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(letters, min_size=1, max_size=12) | scripted)
def test_folding_agrees_with_precis_for_allowed_names(name: str) -> None:
    try:
        mapped = MAPPED.enforce(name)
    except UnicodeEncodeError:
        return
    assert fold(name) == mapped
    assert fold("#" + name) == "#" + mapped


@given(scripted)
def test_case_and_composition_do_not_change_the_key(name: str) -> None:
    assert fold(name.upper()) == fold(name.lower()) == fold(name)
    assert fold(unicodedata.normalize("NFD", name)) == fold(name)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_folds_to_lower_case(name: str) -> None:
    assert fold(name) == caseless(name) == name.lower()


@given(scripted)
@example("anna2")
@example("a-b_c")
@example("[x]\\^{|}`_")
@example("김철수")
@example("ㄅㄆ注音")
@example("राम")
@example("ไทย")
def test_name_in_one_script_is_allowed_and_stable(name: str) -> None:
    kept = check_nick(name, 20)
    assert check_nick(kept, 20) == kept
    assert fold(kept) == fold(name)


@given(
    st.text(st.characters(max_codepoint=127), max_size=40) | st.from_regex(r"[a-z_\[-]{1,40}", fullmatch=True)
)
@example("anna\n")
@example("-anna")
@example("7of9")
def test_ascii_nicks_are_those_of_rfc_2812(name: str) -> None:
    is_allowed = re.fullmatch(r"[A-Za-z_\[\]\\^{|}`][A-Za-z0-9_\[\]\\^{|}`-]{0,29}", name) is not None
    assert normalised_or_empty(check_nick, name, 30) == (name if is_allowed else "")
    assert not is_allowed or get_profile("UsernameCasePreserved").enforce(name) == name


@given(anything | scripted | st.text(letters))
@example("e\u0301")
def test_allowed_nick_is_safe_anywhere_in_a_line(name: str) -> None:
    nick = normalised_or_empty(check_nick, name, 30)
    if not nick:
        return
    assert nick.isprintable()
    assert not set(nick) & set(" ,*?!@#&:$+~%.")
    assert 0 < len(nick) <= 30
    assert len(nick.encode()) <= MAX_NICK_BYTES
    assert not is_room(nick)


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("", "at least one"),
        ("1anna", "digit"),
        ("１anna", "digit"),
        ("-anna", "hyphen"),
        ("an na", "SPACE"),
        ("anna!", "“!”"),
        ("anna！", "“!”"),
        ("an.na", "“.”"),
        ("an/na", "“/”"),
        ("*", "“*”"),
        ("#anna", "“#”"),
        ("anna😀", "“😀”"),
        ("ann\u200da", "ZERO WIDTH JOINER"),
        ("\u0301anna", "COMBINING ACUTE ACCENT"),
        ("anna\x07", "U+0007"),
        ("ann\ud800", "U+D800"),
        ("שלוםa", "left-to-right"),
        ("a" * 31, "30 characters"),
        ("a" * 5000, "longer than 256 characters"),
        ("я" * 33, "64 bytes"),
        ("pаypal", "mixes Cyrillic and Latin letters"),
        ("日本go", "mixes Han and Latin letters"),
        ("ひ한", "mixes Hangul and Hiragana letters"),
    ],
)
def test_nick_is_rejected(name: str, because: str) -> None:
    max_characters = 40 if "bytes" in because else 30
    with pytest.raises(InvalidName) as caught:
        check_nick(name, max_characters)
    assert because in caught.value.reason


@given(anything)
def test_reason_is_one_sentence(name: str) -> None:
    for check in (check_nick, check_room):
        try:
            check(name, 10)
        except InvalidName as error:
            reason = error.reason
        else:
            continue
        assert reason.isprintable()
        assert reason[0].isupper() or reason[0] == "“"
        assert reason.endswith(".")


def test_nick_is_normalised_to_composed_form_and_normal_width() -> None:
    assert check_nick("ａnne\u0301", 30) == "anné"


@given((anything | scripted | st.text(letters)).map("#".__add__))
@example("##x")
def test_allowed_room_is_safe_anywhere_in_a_line(name: str) -> None:
    room = normalised_or_empty(check_room, name, 60)
    if not room:
        return
    assert is_room(room)
    assert not set(room) & set(" ,\r\n\0\x07")
    assert 1 < len(room) <= 60
    assert len(room.encode()) <= MAX_ROOM_BYTES
    assert check_room(room, 60) == room


@pytest.mark.parametrize(
    "name",
    [
        "#general",
        "##c++",
        "#a@b:c!",
        "#😀",
        "#日本go",
        "#чай",
        "#python-питон",
        "#linux-сосо",
        "#שלום",
        "#2026",
        "#-",
    ],
)
def test_room_is_allowed(name: str) -> None:
    assert check_room(name, 32) == name


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("general", "a #"),
        ("inv@lid", "a #"),
        ("", "a #"),
        ("#", "at least one"),
        ("#a b", "SPACE"),
        ("#a\u3000b", "IDEOGRAPHIC SPACE"),
        ("#a,b", "“,”"),
        ("#a\x07", "U+0007"),
        ("#a\u200bb", "ZERO WIDTH SPACE"),
        ("#a\u3164", "HANGUL FILLER"),
        ("#\u0301a", "COMBINING ACUTE ACCENT"),
        ("#a\ud800", "U+D800"),
        ("#pаypal", "look-alike letters"),
        ("#the-pаypal", "look-alike letters"),
        ("#" + "a" * 32, "32 characters"),
    ],
)
def test_room_is_rejected(name: str, because: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_room(name, 32)
    assert because in caught.value.reason


def test_room_name_is_limited_in_bytes_too() -> None:
    with pytest.raises(InvalidName, match="200 bytes"):
        check_room("#" + "я" * 100, 150)


def test_folded_room_name_is_limited() -> None:
    """Folding can expand one character to eighteen; the column holds 128."""
    assert check_room("#" + "ﷺ" * 7, 64)
    with pytest.raises(InvalidName, match="after case folding"):
        check_room("#" + "ﷺ" * 20, 64)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("сосо", "coco"),
        ("pаypal", "paypal"),
        ("ВОВ", "BOB"),
        ("ΑΝΝΑ", "anna"),
        ("AIice", "Alice"),
        ("b0b", "bob"),
        ("anna1", "annal"),
        ("ｍax", "max"),
        ("\u05e1\u05e1", "oo"),
        ("ɑnna", "anna"),
        ("e\u0301", "é"),
        ("Anna", "anna"),
    ],
)
def test_confusable_names_have_equal_skeletons(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna", "anne"), ("anna", "anna2"), ("tom", "torn"), ("Анна", "Anna"), ("anna", "ánna")],
)
def test_distinct_names_have_different_skeletons(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(anything)
def test_skeleton_does_not_depend_on_composition(name: str) -> None:
    assert (
        skeleton(name)
        == skeleton(unicodedata.normalize("NFC", name))
        == skeleton(unicodedata.normalize("NFD", name))
    )


PARTS = ["a", "é", "e\u0301", "\ufdfa", "ｶﾞ", "가", "각", "\u09c7\u09be", "\u0f73", "茶", "ﬁ", "İ"]
LETTERS = st.characters(exclude_categories=["M", "Cs"])


@given(st.lists(st.sampled_from(PARTS) | LETTERS, min_size=100, max_size=400))
def test_long_texts_are_normalised_as_a_whole(parts: list[str]) -> None:
    text = "".join(parts)
    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    assert caseless(text) == whole


def test_combining_characters_are_ordered_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to order them grows with the square of their number in one call."""
    lengths = []
    normalize = unicodedata.normalize

    def measure(form: Literal["NFKC", "NFKD"], text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", measure)
    assert len(caseless("a" + "\u0301\u0323" * 10_000)) >= 19_000
    assert max(lengths) <= 128
