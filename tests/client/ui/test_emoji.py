"""The names of emoji: ranking, replacement and Tab completion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from app.client.emoji import MAX_COMPLETIONS, complete, replace_names
from app.client.ui.completion.candidates import completion_words
from app.client.ui.completion.prompt_completer import PromptCompleter
from app.text.sanitise import clean
from tests.client.harness import online_client
from tests.client.ui.test_commands import SLASH_COMMANDS


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("tea", ("tea", "🍵")),
        ("+1", ("+1", "👍")),
        ("thumbsu", ("thumbsup", "👍")),
        ("TADA", ("tada", "🎉")),
        ("germ", ("germany", "🇩🇪")),
        ("melting", ("melting_face", "🫠")),
        ("pot", ("potato", "🥔")),
    ],
)
def test_best_completion_comes_first(prefix: str, first: tuple[str, str]) -> None:
    assert complete(prefix)[0] == first


def test_prefixes_precede_words_which_precede_other_matches() -> None:
    names = [name for name, _ in complete("heart")]
    starts = [name.startswith("heart") for name in names]
    assert starts == sorted(starts, reverse=True)
    assert "blue_heart" in names
    assert ("teapot", "🫖") in complete("tpot")
    assert ("bubble_tea", "🧋") in complete("tea")


@given(prefix=st.text(max_size=6))
def test_completions_are_few_distinct_and_displayed_as_they_are(prefix: str) -> None:
    found = complete(prefix)
    characters = [character for _, character in found]
    assert len(set(characters)) == len(found) <= MAX_COMPLETIONS
    assert [clean(character) for character in characters] == characters


def test_completed_names_are_replaced_by_their_emoji() -> None:
    for prefix in "abcdefghijklmnopqrstuvwxyz":
        for name, character in complete(prefix):
            assert replace_names(f"({name}) :{name}:") == f"({name}) {character}"


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        (":tea: and :Heart:, :+1:", "🍵 and ❤️, 👍"),
        (":tea::tea:", ":tea::tea:"),
        (":no_such_name: :)", ":no_such_name: :)"),
        ("at 10:100:20, std::tea::x", "at 10:100:20, std::tea::x"),
        ("http://[::1]:80/:tea:x", "http://[::1]:80/:tea:x"),
        ("plain", "plain"),
    ],
)
def test_only_names_that_stand_alone_are_replaced(text: str, replaced: str) -> None:
    assert replace_names(text) == replaced


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("some :tea", "🍵 "),
        (":TADA", "🎉 "),
        ("/msg bob :+1", "👍 "),
        ("/react :tea", "🍵 "),
        ("/react teapot", "🫖 "),
        ("/react heart", "❤️ "),
    ],
)
def test_tab_completes_names_of_emoji(typed: str, first: str) -> None:
    words = completion_words(online_client().state, "#tea", SLASH_COMMANDS)
    completer = PromptCompleter(lambda: words, print)
    found = list(completer.get_completions(Document(typed), CompleteEvent()))
    assert found[0].text == first
    assert len({completion.text for completion in found}) == len(found)


@pytest.mark.parametrize("typed", ["some :", "10:tea", "/:tea", ": tea", "::", ":https://"])
def test_tab_completes_nothing_else(typed: str) -> None:
    words = completion_words(online_client().state, "#tea", SLASH_COMMANDS)
    completer = PromptCompleter(lambda: words, print)
    assert list(completer.get_completions(Document(typed), CompleteEvent())) == []
