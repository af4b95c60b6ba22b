"""Links that the terminal can open (OSC 8). tmux from 3.4 on knows them; they are never wrapped."""

from app.client.terminal.passthrough import operating_system_command

MAX_URL_CHARACTERS = 2083  # that VTE and iTerm2 accept


def encode_hyperlink(text: str, url: str, link_id: str = "") -> str:
    """Return a sanitised text as a link to a URL of printable ASCII, as in `TextLink.url`.

    Parts of one link on several lines are highlighted together if they have the same `link_id`, of
    letters and digits. A URL that is too long, or that could end the sequence, remains text.
    """
    if len(url) > MAX_URL_CHARACTERS or not (url.isascii() and url.isprintable()):
        return text
    parameters = f"id={link_id}" if link_id else ""
    opening = operating_system_command("8", parameters, url)
    return f"{opening}{text}{operating_system_command('8', '', '')}"
