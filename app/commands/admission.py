"""What strangers have to show before they get an account: nothing, or the code of an invitation."""

from app.clock import to_text
from app.commands.answers import Failed
from app.commands.context import Context
from app.live.world import Invitation
from app.services.invitations import digest_of
from app.settings import ServerSettings

NOTHING = "*"  # in the place of an e-mail address


def tokens(settings: ServerSettings) -> list[str]:
    """Return what the capability says of it; clients that do not know a token pass it over."""
    return ["invitation-required"] if settings.registration == "invitation" else []


def invitation_shown(ctx: Context, name: str, code: str) -> Invitation | None:
    """Return the invitation that somebody shows, or None where none is needed.

    Raises: Failed when it is missing, or worth nothing.
    """
    if ctx.desk.settings.registration != "invitation":
        return None
    if code == NOTHING:
        text = "An invitation is needed: REGISTER * <code> <password>, or /msg NickServ REGISTER <password> <code>"
        raise Failed("REGISTER", "INVITATION_REQUIRED", name, text=text)
    found = ctx.world.invitations.get(digest_of(code))
    if found is None:
        raise Failed("REGISTER", "INVALID_INVITATION", name, text="There is no such invitation")
    if found.left < 1:
        raise Failed("REGISTER", "INVALID_INVITATION", name, text="This invitation is used up")
    if found.expires is not None and found.expires <= ctx.desk.clock.now():
        text = f"This invitation ended at {to_text(found.expires)}"
        raise Failed("REGISTER", "INVALID_INVITATION", name, text=text)
    return found
