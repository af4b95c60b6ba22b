"""The style of a widget, computed once instead of for every line."""

from rich.style import Style
from textual.widget import Widget


class BaseStyle(Widget):
    """A widget that draws its lines itself, on the style that the style sheet gives it."""

    _base_style: Style | None = None

    @property
    def base_style(self) -> Style:
        """The style of the widget."""
        if self._base_style is None:
            self._base_style = self.rich_style
        return self._base_style

    def notify_style_update(self) -> None:
        """Compute the style again, because the style sheet or the theme has changed."""
        super().notify_style_update()
        self._base_style = None
