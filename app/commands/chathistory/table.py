"""The commands that read history."""

from app.commands.chathistory import history, search
from app.commands.registry import CommandEntry, Family

COMMANDS: tuple[CommandEntry, ...] = (
    Family(
        history.chathistory,
        history.chathistory_latest,
        history.chathistory_before,
        history.chathistory_after,
        history.chathistory_around,
        history.chathistory_between,
        history.chathistory_targets,
    ),
    search.search,
)
