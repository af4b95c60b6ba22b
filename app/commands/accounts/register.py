"""Account registration: REGISTER (IRCv3 draft/account-registration).

The account is named after the nick. If the server requires an invitation, its code replaces the
e-mail address. If the server verifies addresses, VERIFY creates the account with the mailed code.
"""

from typing import TypeVar

from app.access_log import Mechanism
from app.commands.accounts import signup_policy
from app.commands.accounts.login import LoginAttempt, refuse_banned
from app.commands.accounts.verify import Announce, log_in_to_new_account, mail_code, send_outcome
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.limits.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.errors import UsageError
from app.events import PasswordHashes
from app.services.accounts.accounts import registration_event
from app.services.accounts.name_reservations import describe_reservation
from app.services.accounts.passwords import PasswordTooShort, check_password, hash_password
from app.settings import ServerSettings
from app.wire.name_rules import InvalidName, check_new_nick
from app.wire.names import fold

CAPABILITY = "draft/account-registration"
C = TypeVar("C", bound=Context)


@command(before_registration=True, writes=True, cost=5)
def register(ctx: Context, account: str, email: str, password: str) -> SlowWork:
    """Register an account named after your nick, which reserves the nick for you.

    Give your nick or `*` as the account. If the server requires an invitation, give its code
    instead of the e-mail address. If it verifies addresses, it mails you a code for VERIFY.
    Otherwise the address may be `*`.
    """
    return sign_up(ctx, account, email, password, send_outcome)


def sign_up(ctx: C, account: str, credential: str, password: str, announce: Announce[C]) -> SlowWork:
    """Return slow work that registers an account and logs the caller in, or mails a code.

    `credential` is the invitation code or e-mail address that the server requires, if any.
    `announce` sends the outcome to the caller.

    Raises: FailReply; ConnectionBanned.
    """
    refuse_banned(ctx, LoginAttempt(account, Mechanism.REGISTER))
    _check_may_register(ctx, account)
    name = _account_name(ctx, account)
    _check_name(ctx, name)
    signup_policy.check_invitation(ctx, name, credential)
    address = signup_policy.check_email(ctx, name, credential)
    check_new_password(name, password, ctx.runtime.settings.password_shortest)
    _check_rate(ctx, name)
    flow = ctx.rate_key
    if address is not None:
        return mail_code(ctx, name, address, password, announce)

    def create(ctx: C, hashes: PasswordHashes) -> None:
        _create_account(ctx, name, credential, hashes)
        announce(ctx, "SUCCESS", name, f"Account {name} registered")
        log_in_to_new_account(ctx, LoginAttempt(name, Mechanism.REGISTER))

    return ctx.defer(lambda session: hash_password(password, flow), create, writes=True)


def is_offered(settings: ServerSettings) -> bool:
    """Whether users may register accounts themselves."""
    return settings.registration != "closed"


def capability_value(settings: ServerSettings) -> str:
    """Return the value of the account-registration capability."""
    early = ["before-connect"] if _is_allowed_before_connect(settings) else []
    return ",".join([*early, *signup_policy.capability_tokens(settings)])


def _is_allowed_before_connect(settings: ServerSettings) -> bool:
    """Whether REGISTER is allowed before connection registration; never with a server password."""
    return settings.register_before_connect and settings.password is None


def _check_may_register(ctx: Context, account: str) -> None:
    settings = ctx.runtime.settings
    if not is_offered(settings):
        text = "Registration is closed; ask an administrator of this server for an account"
        raise FailReply("REGISTER", "DISALLOWED", account, text=text)
    if ctx.user is None and not _is_allowed_before_connect(settings):
        raise FailReply(
            "REGISTER", "COMPLETE_CONNECTION_REQUIRED", account, text="Complete connection registration first"
        )
    if ctx.client.account is not None:
        text = f"You are already logged in as {ctx.client.account}"
        raise FailReply("REGISTER", "ALREADY_AUTHENTICATED", account, text=text)


def _account_name(ctx: Context, account: str) -> str:
    """Return the name for the new account: the caller's current or requested nick.

    Raises: FailReply when there is no nick yet, or `account` is neither `*` nor that nick.
    """
    nick = ctx.user.nick if ctx.user else ctx.client.registration.requested_nick
    if nick is None:
        raise FailReply(
            "REGISTER", "NEED_NICK", "*", text="Choose a nick first; the account is named after it"
        )
    if account == "*":
        return nick
    try:
        check_new_nick(account, ctx.runtime.settings.nick_length)
    except InvalidName as refusal:
        raise FailReply("REGISTER", "BAD_ACCOUNT_NAME", account, text=refusal.reason) from refusal
    if fold(account) != fold(nick):
        text = f"The account name must be your nick, {nick}"
        raise FailReply("REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", account, text=text)
    return nick


def _check_name(ctx: Context, name: str) -> None:
    """Refuse a name that is registered, reserved, in use, or confusable with another name."""
    holder = ctx.world.find_user(name)
    if ctx.world.find_account(name) is not None:
        raise FailReply("REGISTER", "ACCOUNT_EXISTS", name, text="This account name is already registered")
    if holder is not None and holder is not ctx.user:
        raise FailReply("REGISTER", "ACCOUNT_EXISTS", name, text="Another user has this nick")
    reservation = ctx.world.reservations.find(name, ctx.runtime.clock.now())
    if reservation is not None:
        text = f"{describe_reservation(name, reservation)}; choose another"
        raise FailReply("REGISTER", "BAD_ACCOUNT_NAME", name, text=text)
    lookalike = ctx.world.skeletons.find_confusable(name)
    if lookalike is not None:
        text = f"This name is too similar to {lookalike}; choose another"
        raise FailReply("REGISTER", "BAD_ACCOUNT_NAME", name, text=text)


def check_new_password(name: str, password: str, min_length: int) -> None:
    """Refuse a password that is too short or cannot be used.

    Raises: FailReply.
    """
    try:
        check_password(password, min_length)
    except PasswordTooShort as error:
        raise FailReply("REGISTER", "WEAK_PASSWORD", name, text=error.sentence.removesuffix(".")) from error
    except UsageError as error:
        raise FailReply(
            "REGISTER", "UNACCEPTABLE_PASSWORD", name, text=error.sentence.removesuffix(".")
        ) from error


def _check_rate(ctx: Context, name: str) -> None:
    """Refuse an address that has recently registered too many accounts."""
    seconds = ctx.runtime.rate_limits.registrations.delay_seconds(ctx.rate_key)
    if seconds > 0:
        text = f"Too many accounts were registered from your address; wait {describe_wait(seconds)} and try again"
        raise FailReply("REGISTER", "TEMPORARILY_UNAVAILABLE", name, text=text)


def _create_account(ctx: Context, name: str, credential: str, hashes: PasswordHashes) -> None:
    """Create the account, repeating the checks that may be outdated after the hashing."""
    _check_name(ctx, name)
    _check_rate(ctx, name)
    invitation = signup_policy.check_invitation(ctx, name, credential)
    ctx.runtime.rate_limits.registrations.record(ctx.rate_key)
    used = None if invitation is None else invitation.id
    ctx.emit_without_reply(registration_event(ctx.runtime.clock, name, hashes, invitation=used))
