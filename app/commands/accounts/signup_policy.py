"""Requirements of REGISTER besides a password: an invitation code, an e-mail address, or none."""

from app.access_log import Mechanism
from app.clock import to_text
from app.commands.accounts.login import LoginAttempt, log_failure
from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.limits.rate_limits import describe_wait
from app.engine.world.world import Invitation
from app.services.accounts.codes import hash_code
from app.settings import ServerSettings
from app.settings.fields import is_email

NO_EMAIL = "*"  # stands for an absent e-mail address or code


def capability_tokens(settings: ServerSettings) -> list[str]:
    """Return the tokens that announce the requirement; clients ignore unknown tokens."""
    if settings.registration == "invitation":
        return ["invitation-required"]
    return ["email-required"] if settings.mailer else []


def check_invitation(ctx: Context, name: str, code: str) -> Invitation | None:
    """Return the invitation with this code, or None if the server requires none.

    Raises: FailReply when the code is missing or not valid.
    """
    if ctx.runtime.settings.registration != "invitation":
        return None
    if code == NO_EMAIL:
        text = (
            "Invitation required: REGISTER * <code> <password>, or /msg NickServ REGISTER <password> <code>"
        )
        raise FailReply("REGISTER", "INVITATION_REQUIRED", name, text=text)
    found = ctx.world.invitations.get(hash_code(code))
    if found is None:
        log_failure(ctx, LoginAttempt(name, Mechanism.REGISTER), "unknown invitation code")
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text="Unknown invitation code")
    if found.remaining_uses < 1:
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text="This invitation code has been used up")
    if found.expires is not None and found.expires <= ctx.runtime.clock.now():
        text = f"This invitation code expired at {to_text(found.expires)}"
        raise FailReply("REGISTER", "INVALID_INVITATION", name, text=text)
    return found


def check_email(ctx: Context, name: str, address: str) -> str | None:
    """Return the e-mail address to verify, or None if none is required; an invitation replaces it.

    Raises: FailReply when it is not an address, or too many codes were sent to it recently.
    """
    settings = ctx.runtime.settings
    if settings.mailer is None or settings.registration == "invitation":
        return None
    if not is_email(address):
        text = "An e-mail address is required, such as name@example.org; a code is sent to it"
        raise FailReply("REGISTER", "INVALID_EMAIL", name, text=text)
    seconds = ctx.runtime.rate_limits.mails.delay_seconds(address.lower())
    if seconds > 0:
        text = f"Too many codes were sent to this address; wait {describe_wait(seconds)} and try again"
        raise FailReply("REGISTER", "UNACCEPTABLE_EMAIL", name, text=text)
    return address
