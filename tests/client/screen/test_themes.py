"""Colours: legible nicks on every background, and none at all with NO_COLOR."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color as RichColor
from textual.color import Color

from app.client.screen.options import ScreenOptions
from app.client.screen.textual_fixes.background_reply import ReplyParser
from app.client.screen.theme import (
    BLACK,
    MIN_COLOURS,
    MIN_CONTRAST,
    NICK_BACKGROUND,
    WHITE,
    choose_theme,
    contrast,
    create_themes,
    find_theme,
    nick_colours,
    nick_style,
)
from app.client.terminal.background import BackgroundReply, parse_colorfgbg, parse_colour
from tests.client.screen.screen_user import create_storage, open_screen, scene

BACKGROUNDS = sorted({theme.variables[NICK_BACKGROUND] for theme in create_themes(None)})
THEMES = ["terminal", "terminal-dark", "terminal-light", "dark", "light", "high-contrast"]


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_nick_colour_has_enough_contrast(background: str) -> None:
    colours = nick_colours(background)
    assert len(colours) >= MIN_COLOURS
    for number in colours:
        colour = Color(*RichColor.from_ansi(number).get_truecolor())
        assert contrast(colour, Color.parse(background)) >= MIN_CONTRAST


@given(st.text(min_size=1, max_size=20))
def test_a_nick_keeps_its_colour_in_any_case(nick: str) -> None:
    assert nick_style(nick.upper(), BLACK) == nick_style(nick.upper().casefold(), BLACK) or not nick.isascii()
    assert nick_style(nick, BLACK) == nick_style(nick, BLACK)


@given(st.integers(0, 0xFFFFFF))
def test_every_background_has_nick_colours(background: int) -> None:
    assert len(nick_colours(f"#{background:06x}")) >= MIN_COLOURS


@pytest.mark.parametrize(("name", "foreground"), [("dark", 4.5), ("light", 4.5), ("high-contrast", 7.0)])
def test_the_colours_of_a_theme_are_legible(name: str, foreground: float) -> None:
    theme = next(theme for theme in create_themes(None) if theme.name == name)
    for part in ("foreground", "accent", "error", "warning", "success", "primary", "secondary"):
        assert contrast(Color.parse(getattr(theme, part)), Color.parse(theme.background)) >= foreground, part


def test_the_theme_of_the_terminal_depends_on_its_background() -> None:
    choices = [choose_theme("terminal", background) for background in (None, BLACK, WHITE, "#fdf6e3")]
    assert choices == ["terminal-dark", "terminal-dark", "terminal-light", "terminal-light"]
    assert choose_theme("high-contrast", WHITE) == "high-contrast"


@pytest.mark.parametrize(
    ("reply", "colour"),
    [
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "#ffffff"),
        ("\x1b]11;rgb:1c/1c/1c\x07", "#1c1c1c"),
        ("\x1b]11;rgba:0000/8080/ffff/ffff\x07", "#0080ff"),
        ("\x1b]11;garbage\x07", None),
    ],
)
def test_the_reply_of_a_terminal_is_found_in_any_pieces(reply: str, colour: str | None) -> None:
    for cut in range(2, len(reply) + 1):
        found = BackgroundReply()
        rest = found.take(f"a{reply[:cut]}") + found.take(f"{reply[cut:]}\x1b[Bb")
        assert (rest, found.colour, found.is_awaited) == ("a\x1b[Bb", colour, False)


@given(st.lists(st.sampled_from(["\x1b", "\x1b]", "\x1b]1", "x", "11;", "\x1b[A", "]", "\x07"])))
def test_what_is_not_a_reply_is_typed(pieces: list[str]) -> None:
    found = BackgroundReply()
    taken = "".join(map(found.take, [*pieces, "\x1b[B"]))
    assert taken == "".join(pieces) + "\x1b[B" or not found.is_awaited


@scene
async def test_the_theme_follows_the_background_that_the_terminal_reports(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as user:
        assert (user.app.theme, user.app.theme_variables[NICK_BACKGROUND]) == ("terminal-dark", BLACK)
        for message in ReplyParser().feed("\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\"):
            user.app.post_message(message)
        await user.until(lambda screen: user.app.theme == "terminal-light", "the theme")
        assert user.app.theme_variables[NICK_BACKGROUND] == "#fdf6e3"


@given(st.text(max_size=40))
def test_no_reply_of_a_terminal_is_a_failure(text: str) -> None:
    found = parse_colour(f"rgb:{text}")
    assert found is None or re.fullmatch("#[0-9a-f]{6}", found)


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("15;0", BLACK),
        ("0;15", WHITE),
        ("0;default;7", WHITE),
        ("0;default", None),
        ("", None),
        ("1;²", None),
    ],
)
def test_the_variable_of_a_terminal_is_read(value: str, colour: str | None) -> None:
    assert parse_colorfgbg(value) == colour


@pytest.mark.parametrize("theme", THEMES)
@scene
async def test_every_theme_shows_the_screen(tmp_path: Path, theme: str) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(theme=theme)) as anna:
        anna.server.send(":bob!b@host PRIVMSG #tea :hello", ":carol!c@host PRIVMSG anna :psst")
        await anna.sees("hello", "@1 1")


@pytest.mark.parametrize("theme", THEMES)
@scene
async def test_without_colours_no_colour_is_used(
    tmp_path: Path, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_screen(tmp_path, options=ScreenOptions(theme=theme, has_colours=False)) as anna:
        anna.server.send(":bob!b@host PRIVMSG #tea :hello", ":carol!c@host PRIVMSG anna :psst")
        await anna.sees("hello", "@1 1")
        strips = anna.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        colours = {colour.name for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert colours <= {"default"}
        assert any(style.bold for style in styles)
        assert any(style.reverse for style in styles)


@pytest.mark.parametrize(("stored", "theme"), [([], "light"), (["dark"], "dark"), (["removed"], "light")])
def test_a_theme_that_was_kept_is_used_while_it_exists(stored: list[str], theme: str) -> None:
    assert find_theme(stored, "light") == theme


@scene
async def test_a_theme_is_previewed_and_kept(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        before = anna.app.theme
        await anna.press("ctrl+k", *"choose", "enter", *"contrast")
        await anna.sees("black, white and bright colours")
        await anna.until(lambda screen: anna.app.theme == "high-contrast", "the preview")
        await anna.press("escape")
        await anna.until(lambda screen: anna.app.theme == before, "the former theme")
        await anna.press("f4", *"contrast", "enter")
        await anna.until(
            lambda screen: create_storage(tmp_path).theme.load() == ["high-contrast"], "the file"
        )
        assert anna.app.theme == "high-contrast"


@scene
async def test_a_theme_is_chosen_with_a_command(tmp_path: Path) -> None:
    options = ScreenOptions(theme="dark", has_fixed_theme=True)
    async with open_screen(tmp_path, options=options) as anna:
        await anna.type("/theme Light")
        await anna.until(lambda screen: anna.app.theme == "light", "the theme")
        await anna.sees("At the next start")
        await anna.type("/theme purple")
        await anna.sees("There is no theme 'purple'")
        await anna.press("ctrl+c")
        await anna.type("/theme")
        await anna.sees("Choose a theme", "high-contrast")


@scene
async def test_the_help_names_the_settings_file(tmp_path: Path) -> None:
    options = ScreenOptions(settings_files=(Path("/home/anna/.config/client.json"),))
    async with open_screen(tmp_path, options=options) as anna:
        await anna.press("f1", *"settings")
        await anna.sees("Settings file", "/home/anna/.config/client.json")
        await anna.press("escape", "f1", *"theme")
        await anna.sees("F4", "/theme [NAME]")
