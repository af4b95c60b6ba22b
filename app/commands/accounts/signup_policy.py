"""What strangers have to show before they get an account: nothing, the code of an invitation, or an address."""

from app.clock import to_text
from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.throttle import describe_wait
from app.engine.world.world import Invitation
from app.services.codes import digest_of
from app.settings import ServerSettings
from app.settings.fields import is_email

NOTHING = "*"  # in the place of an e-mail address


def tokens(settings: ServerSettings) -> list[str]:
    """Return what the capability says of it; clients that do not know a token pass it over."""
    if settings.registration == "invitation":
        return ["invitation-required"]
    return ["email-required"] if settings.mailer else []


def invitation_shown(ctx: Context, name: str, code: str) -> Invitation | None:
    """Return the invitation that somebody shows, or None where none is needed.

    Raises: Failed when it is missing, or worth nothing.
    """
    if ctx.runtime.settings.registration != "invitation":
        return None
    if code == NOTHING:
        text = "An invitation is needed: REGISTER * <code> <password>, or /msg NickServ REGISTER <password> <code>"
        raise FailReply("REGISTER", "INVITATION_REQUIRED", name, text=text)
    found = ctx.world.invitations.get(digest_of(code))
    if found is None:
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text="There is no such invitation")
    if found.left < 1:
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text="This invitation is used up")
    if found.expires is not None and found.expires <= ctx.runtime.clock.now():
        text = f"This invitation ended at {to_text(found.expires)}"
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text=text)
    return found


def address_shown(ctx: Context, name: str, address: str) -> str | None:
    """Return the e-mail address that somebody gives, or None where none is needed: who was invited is known.

    Raises: Failed when no mail can be sent to it, or too much was sent to it lately.
    """
    settings = ctx.runtime.settings
    if settings.mailer is None or settings.registration == "invitation":
        return None
    if not is_email(address):
        text = "An e-mail address is needed, to which a code is sent: name@example.org"
        raise FailReply("REGISTER", "INVALID_EMAIL", name, text=text)
    seconds = ctx.runtime.rate_limits.mails.wait(address.lower())
    if seconds > 0:
        text = f"Several codes were sent to this address; wait {describe_wait(seconds)}"
        raise FailReply("REGISTER", "UNACCEPTABLE_EMAIL", name, text=text)
    return address
