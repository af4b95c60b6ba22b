"""OPER: grants administrator status for a session, by an operator name and password.

Users logged in to an account with the admin role are administrators without OPER.
"""

from app import access_log
from app.access_log import Mechanism
from app.commands.channels import usermodes
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.limits.login_throttle import operator_key
from app.engine.limits.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.events import Kind
from app.events.data import OperData
from app.services.accounts.passwords import verify_password
from app.settings.fields import normalise_operator_name
from app.wire import numerics


@command(cost=5, writes=True)
def oper(ctx: Context, name: str, password: str) -> SlowWork:
    """Become an administrator with an operator name and password from the server's settings.

    The status lasts until you quit or send `MODE <nick> -o`.
    """
    name = normalise_operator_name(name)
    _check_delay(ctx, name)
    expected, flow = ctx.runtime.settings.operators.get(name), ctx.rate_key
    return ctx.defer(
        lambda session: verify_password(expected, password, flow),
        lambda resumed, is_correct: _finish_oper(resumed, name, is_correct),
        writes=True,
    )


def _finish_oper(ctx: Context, name: str, is_correct: bool) -> None:
    _check_delay(ctx, name)
    if not is_correct:
        access_log.login_failed(
            ctx.client.address, _loggable_name(ctx, name), Mechanism.OPER, "wrong name or password"
        )
        _emit_failure(ctx, name)
        ctx.runtime.rate_limits.logins.record(ctx.client.address, operator_key(name))
        raise NumericError(numerics.ERR_PASSWDMISMATCH, text="Wrong operator name or password")
    ctx.runtime.rate_limits.logins.trust(ctx.client.address, operator_key(name))
    access_log.logged_in(ctx.client.address, name, Mechanism.OPER)
    ctx.reply(numerics.RPL_YOUREOPER)
    usermodes.grant_admin(ctx, name)


def _loggable_name(ctx: Context, name: str) -> str:
    """Return the name of an operator; an unknown name is omitted, because it may be a password."""
    return name if name in ctx.runtime.settings.operators else access_log.UNKNOWN


def _emit_failure(ctx: Context, name: str) -> None:
    """Record the failure in the audit log; omit an unknown name, which may be a password."""
    known = name if name in ctx.runtime.settings.operators else ""
    ctx.emit_without_reply(ctx.event(Kind.OPER_REFUSED, target=known, data=OperData(ctx.client.address)))


def _check_delay(ctx: Context, name: str) -> None:
    """Refuse an attempt after too many recent failures from this address or for this name.

    Raises: NumericError with ERR_PASSWDMISMATCH.
    """
    seconds = ctx.runtime.rate_limits.logins.delay_seconds(ctx.client.address, operator_key(name))
    if seconds > 0:
        access_log.login_refused(
            ctx.client.address, _loggable_name(ctx, name), Mechanism.OPER, "too many failed logins"
        )
        text = f"Too many wrong passwords; wait {describe_wait(seconds)} and try again"
        raise NumericError(numerics.ERR_PASSWDMISMATCH, text=text)
