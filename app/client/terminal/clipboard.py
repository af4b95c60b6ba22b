"""Copies text to the clipboard of the terminal's computer, also over SSH (xterm's OSC 52).

The terminal must permit it. tmux either sets the clipboard itself (`set-clipboard on`) or forwards
the wrapped sequence (`allow-passthrough on`), so it receives both forms.
"""

import base64

from app.client.terminal.passthrough import Multiplexer, operating_system_command, wrap
from app.errors import UsageError
from app.text.sanitise import clean_lines

MAX_COPIED_BYTES = 74_994  # of UTF-8; with Base64, terminals accept 100,000 bytes in all


def encode_copy(text: str, multiplexer: Multiplexer) -> str:
    """Return the sequence that copies a text as it is displayed.

    Raises: UsageError when the text is longer than terminals accept.
    """
    data = clean_lines(text).encode(errors="replace")
    if len(data) > MAX_COPIED_BYTES:
        raise UsageError(
            f"Nothing was copied: the text has {len(data):,} bytes,"
            f" and terminals accept at most {MAX_COPIED_BYTES:,}. Select less."
        )
    sequence = operating_system_command("52", "c", base64.b64encode(data).decode())
    forwarded = wrap(sequence, multiplexer)
    return sequence + forwarded if multiplexer is Multiplexer.TMUX else forwarded
