"""Runs inside weechat: tells the test each line that is shown, and types what the test says.

weechat loads it from its folder of scripts; it is no part of the test's own process.
"""

import json
import os
import socket

import weechat  # type: ignore[import-not-found]

AT_ONCE = 1 << 16  # bytes

tap = socket.create_connection(("127.0.0.1", int(os.environ["TAP_PORT"])))
unread = b""


def on_print(
    data: str, buffer: str, date: str, tags: str, displayed: str, highlight: str, prefix: str, message: str
) -> int:
    """Report a printed line."""
    shown = {
        "buffer": weechat.buffer_get_string(buffer, "full_name"),
        "at": int(date),
        "tags": tags.split(","),
        "who": weechat.string_remove_color(prefix, ""),
        "text": weechat.string_remove_color(message, ""),
    }
    tap.sendall(f"{json.dumps(shown)}\n".encode())
    return int(weechat.WEECHAT_RC_OK)


def on_typed(data: str, descriptor: int) -> int:
    """Type received input into its buffer."""
    global unread
    *lines, unread = (unread + tap.recv(AT_ONCE)).split(b"\n")
    for buffer, line in map(json.loads, lines):
        weechat.command(weechat.buffer_search("==", buffer), line)
    return int(weechat.WEECHAT_RC_OK)


weechat.register("tap", "the test", "1", "MIT", "Tells of lines and types them", "", "")
weechat.hook_print("", "", "", 0, "on_print", "")
weechat.hook_fd(tap.fileno(), 1, 0, 0, "on_typed", "")
