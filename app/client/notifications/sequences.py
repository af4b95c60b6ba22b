"""Alerts as control sequences of terminals."""

from collections.abc import Callable, Mapping

from app.client.notifications.alerts import Alert
from app.client.terminal.passthrough import BELL, find_multiplexer, operating_system_command, wrap


def osc9(alert: Alert) -> str:
    """Return the sequence of iTerm2, kitty, WezTerm, Windows Terminal and others.

    The text never begins with a number and a semicolon, which would stand for something else, such
    as a progress bar.
    """
    return operating_system_command("9", f"{_field(alert.title)}: {alert.body}")


def osc777(alert: Alert) -> str:
    """Return the sequence of rxvt-unicode, foot, Ghostty, VTE and others."""
    return operating_system_command("777", "notify", _field(alert.title), alert.body)


NOTIFICATIONS: dict[str, Callable[[Alert], str]] = {"osc9": osc9, "osc777": osc777}


def encode_alert(alert: Alert, method: str, environment: Mapping[str, str]) -> str:
    """Return the sequence for an alert by one of the methods of the setting `notify`.

    A multiplexer handles the bell itself; it must forward the others.
    """
    if method == "bell":
        return BELL
    return wrap(NOTIFICATIONS[method](alert), find_multiplexer(environment))


def _field(text: str) -> str:
    """Return a text without the separator of fields."""
    return text.replace(";", ",")
