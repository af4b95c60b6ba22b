"""Login and logout for SASL, PASS, REGISTER, VERIFY, NickServ and LOGOUT.

Failed logins are counted per address and per account (`engine.rate_limits`). The resulting delay
is checked before the password is verified and again afterwards, so that parallel connections
gain no extra attempts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import NoReturn, TypeVar

from sqlalchemy.orm import Session

from app import access_log
from app.access_log import Mechanism
from app.commands.context import Context
from app.commands.errors import ConnectionBanned, FailReply, NumericError
from app.commands.metadata import profiles
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.commands.sessions import account_roles
from app.commands.sessions.bans import (
    check_not_banned,
    enforce_bans_on,
    find_ban,
    subject_of_newcomer,
    subject_of_user,
)
from app.commands.sessions.nick_changes import change_nick
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.limits.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.engine.world.user import AccountInfo, User
from app.events import Kind
from app.services.accounts.passwords import verify_login
from app.wire import numerics
from app.wire.names import fold

C = TypeVar("C", bound=Context)
MIN_GUEST_DIGITS = 5  # after `Guest`; one more for each nick found taken


@command(writes=True, cost=2)
def logout(ctx: Context) -> None:
    """Log out and continue as a guest in the same rooms.

    If your nick is registered, it changes to a free guest nick. All devices under your nick are
    logged out. This command is specific to this server.
    """
    me = ctx.me
    if me.account is None:
        raise FailReply("LOGOUT", "NOT_LOGGED_IN", text="You are not logged in")
    roles_before, profile_before = account_roles.account_roles_of(ctx.runtime, me), dict(me.profile)
    nick = new_guest_nick(ctx.runtime) if fold(me.nick) in ctx.world.accounts else me.nick
    ctx.reply(numerics.RPL_LOGGEDOUT, me.source)
    notify_logged_out(ctx.runtime, ctx.changeset, me, ctx.client)
    event = ctx.event(Kind.LOGGED_OUT)
    event.account = None
    ctx.emit(event)
    profiles.announce_switch(ctx.runtime, ctx.changeset, me, profile_before)
    if nick != me.nick:
        change_nick(ctx.runtime, ctx.changeset, me, nick, ctx)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, me, roles_before)
    enforce_bans_on(ctx.runtime, ctx.changeset, me)


def notify_logged_out(
    runtime: Runtime, changeset: Changeset, user: User, author: Client | None = None
) -> None:
    """Tell the devices of a user, except the author's, that they are logged out."""
    line = numerics.RPL_LOGGEDOUT.format(runtime.server_name, user.nick, user.source)
    for client in user.clients:
        if client is not author:
            changeset.send(client, line)


def new_guest_nick(runtime: Runtime) -> str:
    """Return a nick that is neither in use nor registered."""
    world, clock = runtime.world, runtime.clock
    nicks = (f"Guest{clock.new_id() % 10**digits}" for digits in count(MIN_GUEST_DIGITS))
    return next(nick for nick in nicks if not world.find_user(nick) and not world.find_account(nick))


def release_nick(runtime: Runtime, changeset: Changeset, name: str) -> None:
    """Give a user a guest nick if another user has just registered their nick."""
    user = runtime.world.find_user(name)
    if user is not None and user.account is not runtime.world.find_account(name):
        change_nick(runtime, changeset, user, new_guest_nick(runtime))


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """An attempt to log in: the account's name as the client gave it, and the mechanism."""

    name: str
    mechanism: Mechanism


def verify_password(
    ctx: C, attempt: LoginAttempt, password: str, then: Callable[[C, bool], SlowWork | None]
) -> SlowWork:
    """Return slow work that verifies a password and passes the result to `then`.

    Raises: NumericError with ERR_SASLFAIL when the caller must wait after failed attempts.
    """
    check_login_delay(ctx, attempt)
    name, flow = attempt.name, ctx.rate_key
    version = password_version(ctx, name)

    def check(session: Session) -> bool:
        return verify_login(session, fold(name), password, flow)

    def resume(resumed: C, is_correct: bool) -> SlowWork | None:
        return then(resumed, is_correct and password_version(resumed, name) == version)

    return ctx.defer(check, resume, writes=True)


def password_version(ctx: Context, name: str) -> int:
    """Return a number that increases with each password change; 0 for an unknown account."""
    account = ctx.world.find_account(name)
    return account.password_version if account else 0


def check_login(ctx: Context, attempt: LoginAttempt, is_proven: bool) -> AccountInfo:
    """Return the account if the credentials were verified; otherwise count a failed login.

    Raises: NumericError with ERR_SASLFAIL, also for a disabled account and for one that a ban
        applies to; ConnectionBanned for the latter before registration.
    """
    check_login_delay(ctx, attempt)
    account = ctx.world.find_account(attempt.name)
    if account is None or account.disabled or not is_proven:
        fail_login(ctx, attempt)
    _refuse_banned_login(ctx, attempt, account)
    return account


def fail_login(ctx: Context, attempt: LoginAttempt) -> NoReturn:
    """Count a failed login, and refuse it without revealing whether the account exists.

    Raises: NumericError with ERR_SASLFAIL.
    """
    account = ctx.world.find_account(attempt.name)
    is_disabled = account is not None and account.disabled
    known = "disabled account" if is_disabled else "wrong password"
    record_failure(ctx, attempt, "unknown account" if account is None else known)
    raise NumericError(numerics.ERR_SASLFAIL, text="Login failed: wrong account or password")


def record_failure(ctx: Context, attempt: LoginAttempt, reason: str) -> None:
    """Log a wrong password or code, and count it against the caller's address and the account."""
    log_failure(ctx, attempt, reason)
    ctx.runtime.rate_limits.logins.record(ctx.client.address, fold(attempt.name))


def log_failure(ctx: Context, attempt: LoginAttempt, reason: str) -> None:
    """Log a failed login without counting it."""
    access_log.login_failed(ctx.client.address, _loggable_name(ctx, attempt), attempt.mechanism, reason)


def _log_refusal(ctx: Context, attempt: LoginAttempt, reason: str) -> None:
    access_log.login_refused(ctx.client.address, _loggable_name(ctx, attempt), attempt.mechanism, reason)


def _loggable_name(ctx: Context, attempt: LoginAttempt) -> str:
    """Return the name of an attempt if it is certainly not a password typed in its place."""
    account = ctx.world.find_account(attempt.name)
    if account is not None:
        return account.name
    return ctx.client.nick if fold(attempt.name) == fold(ctx.client.nick) else access_log.UNKNOWN


def login_delay_seconds(ctx: Context, attempt: LoginAttempt) -> float:
    """Return the seconds until the caller may try again; an attempt that must wait is logged."""
    seconds = ctx.runtime.rate_limits.logins.delay_seconds(ctx.client.address, fold(attempt.name))
    if seconds > 0:
        _log_refusal(ctx, attempt, "too many failed logins")
    return seconds


def check_login_delay(ctx: Context, attempt: LoginAttempt) -> None:
    """Refuse an attempt after too many recent failures from this address or for this account.

    Raises: NumericError with ERR_SASLFAIL.
    """
    seconds = login_delay_seconds(ctx, attempt)
    if seconds > 0:
        text = f"Too many failed logins; wait {describe_wait(seconds)} and try again"
        raise NumericError(numerics.ERR_SASLFAIL, text=text)


def _refuse_banned_login(ctx: Context, attempt: LoginAttempt, account: AccountInfo) -> None:
    """Refuse a login to which a ban applies.

    Raises: NumericError with ERR_SASLFAIL; ConnectionBanned before registration.
    """
    me = ctx.user
    if me is None:
        _refuse_banned_newcomer(ctx, attempt, account)
        return
    ban = find_ban(ctx.world.bans, replace(subject_of_user(me), account=account))
    if ban is not None:
        _log_refusal(ctx, attempt, "banned")
        raise NumericError(numerics.ERR_SASLFAIL, text=f"You are banned from this server: {ban.reason}")


def refuse_banned(ctx: Context, attempt: LoginAttempt) -> None:
    """Refuse an unregistered caller that a ban applies to; registered callers are not banned.

    Raises: ConnectionBanned.
    """
    if ctx.user is None:
        _refuse_banned_newcomer(ctx, attempt, ctx.world.find_account(ctx.client.account or ""))


def _refuse_banned_newcomer(ctx: Context, attempt: LoginAttempt, account: AccountInfo | None) -> None:
    nick = ctx.client.registration.requested_nick or "*"
    try:
        check_not_banned(ctx.world, subject_of_newcomer(ctx.runtime, ctx.client, nick, account))
    except ConnectionBanned:
        _log_refusal(ctx, attempt, "banned")
        raise


def log_in(ctx: Context, account: AccountInfo, mechanism: Mechanism) -> None:
    """Log the caller's connection in to an account and, once registered, the caller's user."""
    me = ctx.user
    ctx.client.account = account.name
    ctx.runtime.rate_limits.logins.trust(ctx.client.address, fold(account.name))
    access_log.logged_in(ctx.client.address, account.name, mechanism)
    if me is None or me.account is account:
        return
    roles_before, profile_before = account_roles.account_roles_of(ctx.runtime, me), dict(me.profile)
    event = ctx.event(Kind.LOGGED_IN)
    event.account = account.name
    ctx.emit(event)
    profiles.announce_switch(ctx.runtime, ctx.changeset, me, profile_before)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, me, roles_before)


def confirm_login(ctx: Context, account: AccountInfo) -> None:
    """Confirm to the caller which account it is logged in to (900 RPL_LOGGEDIN)."""
    text = f"You are now logged in as {account.name}"
    ctx.reply(numerics.RPL_LOGGEDIN, source_of_caller(ctx), account.name, text=text)


def source_of_caller(ctx: Context) -> str:
    """Return the caller's `nick!user@host`, with `*` for parts unknown before registration."""
    if ctx.user is not None:
        return ctx.user.source
    client = ctx.client
    return f"{client.nick}!{client.registration.user or '*'}@{ctx.runtime.cloak(client.address)}"
