"""The themes of the screen, and colours of nicks that are legible on each of them.

By default the terminal's own colours are used. A nick's colour depends only on its folded name and
on the background. It is one of those of the 256-colour palette that are not grey and have a
contrast of at least 4.5:1 with the background (WCAG 2.2, success criterion 1.4.3).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from app.wire.names import fold

MIN_CONTRAST = 4.5
MIN_COLOURS = 16  # on a background with which few colours have enough contrast, the best are taken
MIN_SATURATION = 0.35
CUBE = range(16, 232)  # of the 256-colour palette: the colours that no terminal changes
NICK_BACKGROUND = "nick-background"  # the theme variable with the background's actual colour
TERMINAL_DARK, TERMINAL_LIGHT = "terminal-dark", "terminal-light"
AUTOMATIC = "terminal"
THEME_DESCRIPTIONS = {
    AUTOMATIC: "the colours of your terminal",
    TERMINAL_DARK: "the colours of a terminal with a dark background",
    TERMINAL_LIGHT: "the colours of a terminal with a light background",
    "dark": "light text on a dark background",
    "light": "dark text on a light background",
    "high-contrast": "black, white and bright colours",
}
BLACK, WHITE = "#000000", "#ffffff"

DARK = Theme(
    name="dark",
    primary="#5fafff",
    secondary="#87afd7",
    accent="#5fd7d7",
    warning="#ffaf5f",
    error="#ff8787",
    success="#87d787",
    foreground="#e4e4e4",
    background="#121212",
    surface="#262626",
    panel="#4e4e4e",
    boost="#303030",
    dark=True,
    variables={NICK_BACKGROUND: "#121212"},
)
LIGHT = Theme(
    name="light",
    primary="#005faf",
    secondary="#005f87",
    accent="#00626e",
    warning="#875f00",
    error="#af0000",
    success="#006400",
    foreground="#1c1c1c",
    background="#fafafa",
    surface="#e4e4e4",
    panel="#b2b2b2",
    boost="#dadada",
    dark=False,
    variables={NICK_BACKGROUND: "#fafafa"},
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#00ffff",
    warning="#ffff00",
    error="#ff9f9f",
    success="#00ff00",
    foreground="#ffffff",
    background=BLACK,
    surface=BLACK,
    panel="#ffffff",
    boost="#00005f",
    dark=True,
    text_alpha=1.0,
    variables={NICK_BACKGROUND: BLACK},
)


def create_themes(terminal_background: str | None) -> list[Theme]:
    """Return all themes; `terminal_background` is that of the terminal, if it is known."""
    backgrounds = {TERMINAL_DARK: BLACK, TERMINAL_LIGHT: WHITE}
    if terminal_background:
        backgrounds[choose_theme(AUTOMATIC, terminal_background)] = terminal_background
    return [
        DARK,
        LIGHT,
        HIGH_CONTRAST,
        _terminal_theme(TERMINAL_DARK, "ansi-dark", backgrounds[TERMINAL_DARK]),
        _terminal_theme(TERMINAL_LIGHT, "ansi-light", backgrounds[TERMINAL_LIGHT]),
    ]


def _terminal_theme(name: str, builtin: str, background: str) -> Theme:
    theme = BUILTIN_THEMES[builtin]
    return replace(theme, name=name, variables={**theme.variables, NICK_BACKGROUND: background})


def choose_theme(name: str, terminal_background: str | None) -> str:
    """Return the name of the theme for a setting; `terminal` depends on the background."""
    if name != AUTOMATIC:
        return name
    is_light = terminal_background is not None and is_light_colour(terminal_background)
    return TERMINAL_LIGHT if is_light else TERMINAL_DARK


def find_theme(stored: Sequence[str], default: str) -> str:
    """Return the theme that was kept, if there is one of this name."""
    return next((name for name in stored if name in THEME_DESCRIPTIONS), default)


def is_light_colour(colour: str) -> bool:
    """Whether black text is more legible on a background than white text."""
    background = Color.parse(colour)
    return background.get_contrast_text(1.0).brightness < 0.5


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (_linear(part / 255) for part in colour.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=16)
def nick_colours(background: str) -> tuple[int, ...]:
    """Return the numbers of the palette's colours that are legible on a background."""
    behind = Color.parse(background)
    by_contrast = sorted(CUBE, key=lambda number: -contrast(_palette_colour(number), behind))
    coloured = [number for number in by_contrast if _palette_colour(number).hsv.s >= MIN_SATURATION]
    legible = [one for one in coloured if contrast(_palette_colour(one), behind) >= MIN_CONTRAST]
    return tuple(sorted(legible if len(legible) >= MIN_COLOURS else by_contrast[:MIN_COLOURS]))


def _palette_colour(number: int) -> Color:
    return Color(*RichColor.from_ansi(number).get_truecolor())


def nick_background(variables: Mapping[str, str]) -> str:
    """Return the background of the current theme, given its variables."""
    return variables.get(NICK_BACKGROUND, BLACK)


@lru_cache(maxsize=4_096)
def nick_style(nick: str, background: str = BLACK) -> Style:
    """Return the colour of a nick."""
    colours = nick_colours(background)
    index = zlib.crc32(fold(nick).encode()) % len(colours)
    return Style(color=f"color({colours[index]})")
