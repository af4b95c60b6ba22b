"""Connection registration: PASS, NICK, USER, PING, PONG and QUIT."""

from dataclasses import replace

from app import access_log
from app.access_log import Mechanism
from app.commands.accounts import login
from app.commands.connect import entry
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions.bans import find_ban, subject_of_user
from app.commands.sessions.leaving import detach_client
from app.commands.sessions.nick_changes import change_nick
from app.commands.users.setname import MAX_REALNAME_LENGTH, MAX_USER_LENGTH
from app.engine.limits.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.engine.world.user import User
from app.services.accounts.passwords import is_same_password, verify_password
from app.text.graphemes import truncate_characters
from app.wire import numerics
from app.wire.name_rules import InvalidName, check_new_nick


@command("PASS", before_registration=True, reads_world=False)
def pass_(ctx: Context, password: str) -> None:
    """Send the server password, or log in with `account:password`, before NICK and USER.

    Logging in requires a server without a password. A password without an account name is that of
    your nick's account.
    """
    if ctx.client.session is not None:
        raise NumericError(numerics.ERR_ALREADYREGISTERED)
    ctx.client.registration.password = password


@command(before_registration=True, writes=True)
def nick(ctx: Context, nick: str = "") -> SlowWork | None:
    """Set or change your nick."""
    if not nick:
        raise NumericError(numerics.ERR_NONICKNAMEGIVEN)
    wanted = _check_nick(ctx, nick)
    if ctx.user is not None:
        _change_nick(ctx, ctx.me, wanted)
        return None
    ctx.client.registration.requested_nick = wanted
    _check_available(ctx, wanted)
    ctx.client.registration.nick = ctx.client.nick = wanted
    return complete_registration(ctx)


@command(before_registration=True, writes=True)
def user(ctx: Context, user: str, mode: str, unused: str, realname: str) -> SlowWork | None:
    """Send your user name and real name; together with NICK this completes registration.

    The second and third parameters are ignored.
    """
    if ctx.client.session is not None:
        raise NumericError(numerics.ERR_ALREADYREGISTERED)
    if not realname:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "USER")
    kept = "".join(letter for letter in user if letter.isascii() and (letter.isalnum() or letter in "-_."))
    ctx.client.registration.user = "~" + (kept[:MAX_USER_LENGTH] or "user")
    ctx.client.registration.realname = truncate_characters(realname, MAX_REALNAME_LENGTH)
    return complete_registration(ctx)


@command(before_registration=True, reads_world=False)
def ping(ctx: Context, token: str = "") -> None:
    """Request a PONG with the same token; it arrives after the replies to all earlier commands."""
    if not token:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "PING")
    ctx.send_from_server("PONG", ctx.runtime.server_name, text=token)


@command(before_registration=True, reads_world=False)
def pong(ctx: Context, *token: str) -> None:
    """Reply to a PING from the server."""


@command("QUIT", before_registration=True, writes=True, waits_for_storage=True)
def quit_(ctx: Context, reason: str = "") -> None:
    """Disconnect from the server."""
    text = f"Quit: {reason}" if reason else "Quit"
    detach_client(ctx.runtime, ctx.changeset, ctx.client, text)
    ctx.close(text)


def complete_registration(ctx: Context) -> SlowWork | None:
    """Complete registration once NICK and USER are given and no negotiation is in progress."""
    registration = ctx.client.registration
    is_complete = registration.nick is not None and registration.user is not None
    if ctx.client.session is not None or registration.negotiating or not is_complete:
        return None
    if ctx.client.sasl is not None:
        ctx.client.sasl = None
        ctx.reply(numerics.ERR_SASLABORTED)
    if ctx.runtime.settings.password is not None:
        return _check_server_password(ctx)
    if registration.password is not None and ctx.client.account is None:
        return _log_in_by_pass(ctx)
    return entry.complete_entry(ctx)


def _check_server_password(ctx: Context) -> SlowWork | None:
    expected, given = ctx.runtime.settings.password or "", ctx.client.registration.password or ""
    if _close_if_throttled(ctx):
        return None
    if expected.startswith("$argon2"):
        flow = ctx.rate_key
        return ctx.defer(
            lambda session: verify_password(expected, given, flow), _apply_password_check, writes=True
        )
    return _apply_password_check(ctx, is_same_password(expected, given))


def _close_if_throttled(ctx: Context) -> bool:
    """Close the connection and return True if its address has sent too many wrong passwords."""
    seconds = ctx.runtime.rate_limits.logins.delay_seconds(ctx.client.address)
    if seconds > 0:
        reason = "too many failed logins"
        access_log.login_refused(ctx.client.address, access_log.UNKNOWN, Mechanism.PASS, reason)
        ctx.reply(numerics.ERR_PASSWDMISMATCH)
        ctx.close(f"Too many wrong passwords from your address; wait {describe_wait(seconds)} and try again")
    return seconds > 0


def _apply_password_check(ctx: Context, is_correct: bool) -> SlowWork | None:
    if _close_if_throttled(ctx):
        return None
    if is_correct:
        return entry.complete_entry(ctx)
    is_given = ctx.client.registration.password is not None
    if is_given:
        ctx.runtime.rate_limits.logins.record(ctx.client.address)
    reason = "wrong server password" if is_given else "no server password"
    access_log.login_failed(ctx.client.address, access_log.UNKNOWN, Mechanism.PASS, reason)
    ctx.reply(numerics.ERR_PASSWDMISMATCH)
    ctx.close("Missing or wrong server password")
    return None


def _log_in_by_pass(ctx: Context) -> SlowWork | None:
    """Log in with PASS: `account:password`, or the password of the nick's account."""
    registration = ctx.client.registration
    given, registration.password = registration.password or "", None
    name, colon, password = given.partition(":")
    if not colon or ctx.world.find_account(name) is None:
        name, password = registration.nick or "", given
    attempt = login.LoginAttempt(name, Mechanism.PASS)
    try:
        return login.verify_password(
            ctx, attempt, password, lambda ctx, is_correct: _enter_with_account(ctx, attempt, is_correct)
        )
    except NumericError as refusal:
        return _enter_as_guest(ctx, refusal)


def _enter_with_account(ctx: Context, attempt: login.LoginAttempt, is_correct: bool) -> SlowWork | None:
    try:
        account = login.check_login(ctx, attempt, is_correct)
    except NumericError as refusal:
        return _enter_as_guest(ctx, refusal)
    login.confirm_login(ctx, account)
    login.log_in(ctx, account, attempt.mechanism)
    return entry.complete_entry(ctx)


def _enter_as_guest(ctx: Context, refusal: NumericError) -> SlowWork | None:
    """Report the failed login and continue as a guest; a registered nick is then refused."""
    ctx.reply(numerics.ERR_PASSWDMISMATCH, text=refusal.text)
    return entry.complete_entry(ctx)


def _check_nick(ctx: Context, nick: str) -> str:
    try:
        return check_new_nick(nick, ctx.runtime.settings.nick_length)
    except InvalidName as refusal:
        raise NumericError(
            numerics.ERR_ERRONEUSNICKNAME, _as_parameter(nick), text=refusal.reason
        ) from refusal


def _as_parameter(nick: str) -> str:
    """Return a refused nick if it is valid as a middle parameter, or else `*`."""
    return nick if nick and " " not in nick and not nick.startswith(":") else "*"


def _check_available(ctx: Context, wanted: str) -> None:
    """Refuse a nick in use by another user, or confusable with another name (Unicode TR39)."""
    holder = ctx.world.find_user(wanted)
    if holder is not None and holder is not ctx.user and not _may_join_as_device(ctx, holder):
        raise entry.nick_in_use(ctx, wanted)
    lookalike = ctx.world.skeletons.find_confusable(wanted)
    if lookalike is not None:
        text = f"This nick is too similar to {lookalike}; choose another"
        raise NumericError(numerics.ERR_ERRONEUSNICKNAME, wanted, text=text)
    entry.check_not_reserved(ctx, wanted)


def _may_join_as_device(ctx: Context, holder: User) -> bool:
    """Whether the caller is logged in, or may still log in, to the user's account.

    `entry.complete_entry` checks again.
    """
    registration = ctx.client.registration
    if ctx.client.session is not None or holder.account is None:
        return False
    return entry.is_own_account(ctx, holder) or registration.negotiating or registration.password is not None


def _change_nick(ctx: Context, me: User, wanted: str) -> None:
    if wanted == me.nick:
        return
    _check_available(ctx, wanted)
    entry.check_not_registered(ctx, wanted, me.account)
    ban = find_ban(ctx.world.bans, replace(subject_of_user(me), nick=wanted))
    if ban is not None:
        text = f"This nick is banned from this server: {ban.reason}"
        raise NumericError(numerics.ERR_ERRONEUSNICKNAME, wanted, text=text)
    change_nick(ctx.runtime, ctx.changeset, me, wanted, ctx)
