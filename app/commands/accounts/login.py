"""Logging in and out: what SASL, PASS, REGISTER, VERIFY, NickServ and LOGOUT have in common.

A failed log-in is counted for the address and for the name (`live/guesses.py`). The count is looked at before the
password is checked, and again after: many connections that try at once learn no more than one that tries often.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import NoReturn, TypeVar

from sqlalchemy.orm import Session

from app.commands.context import Context
from app.commands.errors import FailReply, NumericError
from app.commands.metadata import profiles
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.commands.sessions import account_roles
from app.commands.sessions.bans import ban_on, subject_of_user
from app.commands.sessions.nick_changes import change_nick
from app.engine.changeset import Changeset
from app.engine.submission_unit import SlowWork
from app.engine.throttle import describe_wait
from app.engine.world.user import AccountInfo, User
from app.events import Kind
from app.services.accounts import is_login
from app.wire import numerics
from app.wire.names import fold

C = TypeVar("C", bound=Context)
GUEST_DIGITS = 5  # behind `Guest`, while there are such nicks left


@command(writes=True, cost=2)
def logout(ctx: Context) -> None:
    """Log out and stay as a guest, in the same rooms; a registered nick is left for a free one.

    Only this server knows the command. All devices under your nick are logged out with you.
    """
    me = ctx.me
    if me.account is None:
        raise FailReply("LOGOUT", "NOT_LOGGED_IN", text="You are a guest already")
    before, said = account_roles.roles_of(ctx.runtime, me), dict(me.profile)
    nick = free_guest_nick(ctx.runtime) if fold(me.nick) in ctx.world.accounts else me.nick
    ctx.reply(numerics.RPL_LOGGEDOUT, me.source)
    _tell_devices(ctx, me)
    event = ctx.event(Kind.LOGGED_OUT)
    event.account = None
    ctx.emit(event, ctx.world.presence_audience(me))
    if nick != me.nick:
        change_nick(ctx.runtime, ctx.changeset, me, nick, ctx)
    account_roles.settle(ctx.runtime, ctx.changeset, me, before)
    profiles.speak_for_another(ctx.runtime, ctx.changeset, me, said)


def _tell_devices(ctx: Context, me: User) -> None:
    numeric = numerics.RPL_LOGGEDOUT
    line = f":{ctx.runtime.server_name} {numeric.code} {me.nick} {me.source} :{numeric.text}"
    for client in me.clients:
        if client is not ctx.client:
            ctx.changeset.tell(client, line)


def free_guest_nick(runtime: Runtime) -> str:
    """Return a nick that nobody has, and that nobody has registered."""
    world, clock = runtime.world, runtime.clock
    nicks = (f"Guest{clock.identity() % 10**digits}" for digits in count(GUEST_DIGITS))
    return next(nick for nick in nicks if not world.find_user(nick) and not world.find_account(nick))


def free_name(runtime: Runtime, changeset: Changeset, name: str) -> None:
    """Give whoever has a nick that somebody else has just registered another one."""
    user = runtime.world.find_user(name)
    if user is not None and user.account is not runtime.world.find_account(name):
        change_nick(runtime, changeset, user, free_guest_nick(runtime))


def prove(ctx: C, name: str, password: str, then: Callable[[C, bool], SlowWork | None]) -> SlowWork:
    """Check a password on the caller's own thread, then go on with whether it is right.

    Raises: Refused with ERR_SASLFAIL when the caller must wait first.
    """
    refuse_hasty(ctx, name)
    before = renewals(ctx, name)

    def check(session: Session) -> bool:
        return is_login(session, fold(name), password)

    def go_on(again: C, is_right: bool) -> SlowWork | None:
        return then(again, is_right and renewals(again, name) == before)

    return ctx.defer(check, go_on, writes=True)


def renewals(ctx: Context, name: str) -> int:
    """Return how often an account had another password: what was proved with one counts only as long as it holds."""
    account = ctx.world.find_account(name)
    return account.renewals if account else 0


def judge(ctx: Context, name: str, is_right: bool) -> AccountInfo:
    """Return the account that was logged in to; a failure is counted.

    Raises: Refused with ERR_SASLFAIL.
    """
    refuse_hasty(ctx, name)
    account = ctx.world.find_account(name)
    if account is None or account.disabled or not is_right:
        fail(ctx, name)
    _refuse_banned(ctx, account)
    return account


def fail(ctx: Context, name: str) -> NoReturn:
    """Count a failed log-in, and say no more than that it failed.

    Raises: Refused with ERR_SASLFAIL.
    """
    note_failure(ctx, name)
    raise NumericError(numerics.ERR_SASLFAIL, text="Log-in failed: the account or the password is wrong")


def note_failure(ctx: Context, name: str) -> None:
    """Count a secret that was wrong."""
    ctx.runtime.rate_limits.logins.note(ctx.client.address, fold(name))


def seconds_to_wait(ctx: Context, name: str) -> float:
    """Return how long the caller must wait before they may try again to be somebody."""
    return ctx.runtime.rate_limits.logins.wait(ctx.client.address, fold(name))


def refuse_hasty(ctx: Context, name: str) -> None:
    """Refuse whoever must wait: too many log-ins have failed lately, from this address or for this name.

    Raises: Refused with ERR_SASLFAIL.
    """
    seconds = seconds_to_wait(ctx, name)
    if seconds > 0:
        text = f"Too many failed log-ins; wait {describe_wait(seconds)} and try again"
        raise NumericError(numerics.ERR_SASLFAIL, text=text)


def _refuse_banned(ctx: Context, account: AccountInfo) -> None:
    """Somebody who is here does not become an account that is banned; at the door, `entry` looks."""
    me = ctx.user
    ban = ban_on(ctx.world, replace(subject_of_user(me), account=account)) if me else None
    if ban is not None:
        raise NumericError(numerics.ERR_SASLFAIL, text=f"You are banned from this server: {ban.reason}")


def log_in(ctx: Context, account: AccountInfo) -> None:
    """Let the connection, and its person if it has one, speak for the account."""
    me = ctx.user
    ctx.client.account = account.name
    ctx.runtime.rate_limits.logins.trust(ctx.client.address, fold(account.name))
    if me is None or me.account is account:
        return
    before, said = account_roles.roles_of(ctx.runtime, me), dict(me.profile)
    event = ctx.event(Kind.LOGGED_IN)
    event.account = account.name
    ctx.emit(event, ctx.world.presence_audience(me))
    account_roles.settle(ctx.runtime, ctx.changeset, me, before)
    profiles.speak_for_another(ctx.runtime, ctx.changeset, me, said)


def welcome_back(ctx: Context, account: AccountInfo) -> None:
    """Tell the caller which account it speaks for now."""
    text = f"You are now logged in as {account.name}"
    ctx.reply(numerics.RPL_LOGGEDIN, source_of(ctx), account.name, text=text)


def source_of(ctx: Context) -> str:
    """Write who the caller is, as far as it is known before registration is finished."""
    if ctx.user is not None:
        return ctx.user.source
    client = ctx.client
    return f"{client.nick}!{client.registration.user or '*'}@{ctx.runtime.cloak(client.address)}"
