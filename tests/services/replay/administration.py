"""What administrators do to users, rooms and history with `chat-admin`, beside a running server."""

from app.db.database import Database
from app.errors import ChatError
from app.events.data import DeletedData
from app.services.accounts.renaming import rename_user
from app.services.administration.admin_changes import AdminChange
from app.services.erasure import purge
from app.services.erasure.accounts import delete_account
from app.services.erasure.redaction import RedactionSelection, Redactor, redact_messages
from app.services.erasure.subject import Messages
from app.services.retention import runs
from app.services.retention.policies import DAY_MILLISECONDS, RetentionDefaults
from app.services.rooms.administration import delete_room
from tests.conftest import MovedClock
from tests.story import Story

KEPT_DAYS = 1
ACTIONS = (*(f"delete {messages}" for messages in Messages), "rename", "redact", "expire", "delete room")
MAX_NICK_LENGTH = 32


def administer(database: Database, clock: MovedClock, action: str, user: str, room: str) -> None:
    """Carry out one of the actions, on a user or a room; what chat-admin refuses has no effect."""
    story = Story(database, clock)
    try:
        _administer(story, clock, action, user, room)
    except ChatError:
        return


def _administer(story: Story, clock: MovedClock, action: str, user: str, room: str) -> None:
    if action == "rename":
        story.apply(lambda admin: rename_user(admin, user, f"{user}2", MAX_NICK_LENGTH, 30))
    elif action == "redact":
        redactor, selection = Redactor("admin:me", "root", "off topic"), RedactionSelection(user=user)
        redact_messages(story.database, clock, redactor, selection, {}, lambda passed: None)
    elif action == "expire":
        clock.instant += (KEPT_DAYS + 1) * DAY_MILLISECONDS
        defaults = RetentionDefaults(KEPT_DAYS, KEPT_DAYS)
        runs.run(story.database, clock, "admin:me", defaults, lambda passed: None)
    elif action == "delete room":
        _complete(story, story.apply(lambda admin: delete_room(admin, room, [], "", DeletedData(erase=True))))
    else:
        messages, pseudonym = Messages(action.partition(" ")[2]), f"deleted-user-{clock.new_token()[:8]}"
        _complete(story, story.apply(lambda admin: delete_account(admin, user, messages, 30, pseudonym)))


def _complete(story: Story, change: AdminChange) -> None:
    purge.complete_erasure(story.database, story.clock, change.events[-1].id, lambda passed: None)
