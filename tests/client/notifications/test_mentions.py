"""Mentions: a nick or keyword as a whole word, in any script and spelling."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.client.notifications.mentions import is_mentioned
from app.wire.names import fold

LETTERS = st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F)
WORD = st.text(LETTERS, min_size=1, max_size=8).filter(lambda word: fold(word).isalnum())
PUNCTUATION = st.text(st.sampled_from(" ,.:;!?@#'\"()[]{}<>/*~&+=\t"), max_size=3)


@pytest.mark.parametrize(
    "text",
    [
        "anna",
        "ANNA: hi",
        "@anna",
        "hi anna!",
        "anna's tea",
        "(anna)",
        "bob,anna,walt",
        "well -anna-",
        "anna- are you there",
        "ａｎｎａ?",
        "\x02anna\x02",
        "\x0304anna\x03",
        "tea\nanna",
        "annaさん",
        "あとanna",
        "annabel and anna",
        "anna—come",
    ],
)
def test_nick_is_mentioned(text: str) -> None:
    assert is_mentioned(text, ["Anna"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "annabel",
        "joanna",
        "anna1",
        "anna_",
        "_anna_",
        "anna|away",
        "anna-lisa",
        "mary-anna",
        "anna\u0301",
        "an\u200bna",
        "αanna",
        "annа",  # with a Cyrillic а
        "an na",
    ],
)
def test_nick_inside_another_word_is_not_mentioned(text: str) -> None:
    assert not is_mentioned(text, ["anna"])


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("straße", "die STRASSE!", True),
        ("Zoë", "zoe\u0308: hi", True),
        ("zoe", "zoë", False),
        ("花子", "花子さん", True),
        ("アンナ", "アンナさん", True),
        ("アンナ", "ジョアンナ", False),
        ("สม", "สมชาย", True),
        ("release party", "the Release party is on", True),
        ("release party", "release partying", False),
        ("c++", "I like C++.", True),
        ("c++", "objc++", False),
        ("#12", "see #12", True),
        ("anna_", "anna_: hi", True),
        ("anna-", "anna-: hi", True),
        ("x-", "x-y", False),
        ("`", "a`b", True),
        (" ", "a b", False),
        ("", "text", False),
    ],
)
def test_word_is_found_where_it_is_a_whole_word(word: str, text: str, is_found: bool) -> None:
    assert is_mentioned(text, [word]) is is_found


@given(before=PUNCTUATION, nick=WORD, after=PUNCTUATION)
@example(before="", nick="ŉ", after="")
@example(before="", nick="İ", after="")
def test_punctuation_around_a_nick_does_not_hide_it(before: str, nick: str, after: str) -> None:
    assert is_mentioned(f"{before}{nick}{after}", [nick])
    assert is_mentioned(f"{before}{nick.swapcase()}{after}", [nick]) or fold(nick.swapcase()) != fold(nick)


@given(nick=WORD, more=WORD)
def test_nick_with_more_letters_is_another_word(nick: str, more: str) -> None:
    assert not is_mentioned(f"{nick}{more}", [nick])
    assert not is_mentioned(f"{more}{nick}", [nick])


@given(text=st.text(max_size=40), words=st.lists(st.text(max_size=5), max_size=3))
def test_any_text_is_accepted(text: str, words: list[str]) -> None:
    assert is_mentioned(text, words) == any(is_mentioned(text, [word]) for word in words)


def test_long_text_without_a_mention_is_searched_to_its_end() -> None:
    assert not is_mentioned("aa" * 30_000, ["a"])
    assert not is_mentioned("a-" * 30_000 + "b", ["a", "a-a"])
