"""Making an account: REGISTER (IRCv3 draft/account-registration).

The account has the name of the nick. Where people need an invitation, its code stands in the place of the e-mail
address; where the server can send mail, the account is made when the code in the mail is shown (`verify`).
"""

from typing import TypeVar

from app.commands.accounts import signup_policy
from app.commands.accounts.verify import Announce, apply, enter, say
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.submission_unit import SlowWork
from app.engine.throttle import describe_wait, rate_key
from app.errors import UsageError
from app.services.accounts import PasswordHashes, check_password, protect, registered
from app.settings import ServerSettings
from app.wire.names import InvalidName, check_new_nick, fold

CAPABILITY = "draft/account-registration"
C = TypeVar("C", bound=Context)


@command(before_registration=True, writes=True, cost=5)
def register(ctx: Context, account: str, email: str, password: str) -> SlowWork:
    """Make an account of your nick, so that nobody else can use it; `*` stands for the nick.

    For the e-mail `*` will do, unless the server sends a code there. The code of an invitation stands there too.
    """
    return sign_up(ctx, account, email, password, say)


def sign_up(ctx: C, account: str, shown: str, password: str, announce: Announce[C]) -> SlowWork:
    """Make an account and log the caller in to it, or have them verify it first; `announce` tells them which.

    What is `shown` is the code of an invitation, or an e-mail address, where one is needed.

    Raises: Failed.
    """
    _refuse_now(ctx, account)
    name = _name_for(ctx, account)
    _refuse_name(ctx, name)
    signup_policy.invitation_shown(ctx, name, shown)
    address = signup_policy.address_shown(ctx, name, shown)
    refuse_password(name, password, ctx.runtime.settings.password_shortest)
    _refuse_many(ctx, name)
    if address is not None:
        return apply(ctx, name, address, password, announce)

    def make(ctx: C, kept: PasswordHashes) -> None:
        _make(ctx, name, shown, kept)
        announce(ctx, "SUCCESS", name, f"The account {name} is yours")
        enter(ctx, name)

    return ctx.defer(lambda session: protect(password), make, writes=True)


def is_offered(settings: ServerSettings) -> bool:
    """Whether people may register accounts themselves."""
    return settings.registration != "closed"


def tokens(settings: ServerSettings) -> str:
    """Return the capability's value."""
    early = ["before-connect"] if _may_be_early(settings) else []
    return ",".join([*early, *signup_policy.tokens(settings)])


def _may_be_early(settings: ServerSettings) -> bool:
    """Whether an account may be made while connecting: not where the server's password has to be given first."""
    return settings.register_before_connect and settings.password is None


def _refuse_now(ctx: Context, account: str) -> None:
    """Refuse who may not register at all, or not yet."""
    settings = ctx.runtime.settings
    if not is_offered(settings):
        text = "Accounts are made by the administrators of this server; ask one"
        raise FailReply("REGISTER", "DISALLOWED", account, text=text)
    if ctx.user is None and not _may_be_early(settings):
        raise FailReply("REGISTER", "COMPLETE_CONNECTION_REQUIRED", account, text="Finish connecting first")
    if ctx.client.account is not None:
        text = f"You are logged in as {ctx.client.account} already"
        raise FailReply("REGISTER", "ALREADY_AUTHENTICATED", account, text=text)


def _name_for(ctx: Context, account: str) -> str:
    """Return the nick of the caller, or the one asked for last, if that is the account meant."""
    nick = ctx.user.nick if ctx.user else ctx.client.registration.wanted
    if nick is None:
        raise FailReply("REGISTER", "NEED_NICK", "*", text="Choose a nick first; the account gets its name")
    if account == "*":
        return nick
    try:
        check_new_nick(account, ctx.runtime.settings.nick_length)
    except InvalidName as refusal:
        raise FailReply("REGISTER", "BAD_ACCOUNT_NAME", account, text=refusal.reason) from refusal
    if fold(account) != fold(nick):
        text = f"The account has the name of your nick, which is {nick}"
        raise FailReply("REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", account, text=text)
    return nick


def _refuse_name(ctx: Context, name: str) -> None:
    """Refuse a name that is registered, somebody else's nick, or easily taken for another."""
    holder = ctx.world.find_user(name)
    if ctx.world.find_account(name) is not None:
        raise FailReply("REGISTER", "ACCOUNT_EXISTS", name, text="This name is registered already")
    if holder is not None and holder is not ctx.user:
        raise FailReply("REGISTER", "ACCOUNT_EXISTS", name, text="Somebody else is using this name")
    lookalike = ctx.world.find_confusable(name)
    if lookalike is not None:
        text = f"This name looks like {lookalike}; choose another"
        raise FailReply("REGISTER", "BAD_ACCOUNT_NAME", name, text=text)


def refuse_password(name: str, password: str, shortest: int) -> None:
    """Refuse what cannot be a password, or is too easily guessed.

    Raises: Failed.
    """
    if len(password) < shortest:
        text = f"The password is too short: {shortest} characters are the least"
        raise FailReply("REGISTER", "WEAK_PASSWORD", name, text=text)
    try:
        check_password(password)
    except UsageError as error:
        raise FailReply("REGISTER", "UNACCEPTABLE_PASSWORD", name, text=error.sentence) from error


def _refuse_many(ctx: Context, name: str) -> None:
    """Refuse an address that has registered as many accounts as one may."""
    seconds = ctx.runtime.rate_limits.registrations.wait(rate_key(ctx.client.address))
    if seconds > 0:
        text = f"Your address has registered many accounts; wait {describe_wait(seconds)}"
        raise FailReply("REGISTER", "TEMPORARILY_UNAVAILABLE", name, text=text)


def _make(ctx: Context, name: str, shown: str, kept: PasswordHashes) -> None:
    """Make the account, unless somebody was faster."""
    _refuse_name(ctx, name)
    _refuse_many(ctx, name)
    invitation = signup_policy.invitation_shown(ctx, name, shown)
    ctx.runtime.rate_limits.registrations.note(rate_key(ctx.client.address))
    event = registered(ctx.runtime.clock, name, kept)
    if invitation is not None:
        event.data["invitation"] = invitation.id
    ctx.emit_without_reply(event)
