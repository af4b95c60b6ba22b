"""The user's choices for the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScreenOptions:
    """What the settings say about the screen.

    `theme` is `terminal` or the name of a theme, `keys` gives bindings other keys, `keywords` are
    words that count as mentions besides the nick. `has_fixed_theme` is set if the settings name the
    theme, `settings_files` are those that were read, `warnings` what was wrong in them.
    `shows_hints` is set when the client is started for the first time.
    """

    theme: str = "terminal"
    has_colours: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    sends_typing: bool = True
    sorts_by_activity: bool = False
    keywords: tuple[str, ...] = ()
    shows_hints: bool = False
    has_fixed_theme: bool = False
    settings_files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
