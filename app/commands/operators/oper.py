"""How somebody becomes an administrator for a while: OPER, by a name and a password that the settings know.

Whoever is logged in to an account with the admin role is one already, and needs none of this.
"""

from app.commands.channels import usermodes
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.events import Kind
from app.services.accounts import verify_password
from app.wire import numerics


@command(cost=5, writes=True)
def oper(ctx: Context, name: str, password: str) -> SlowWork:
    """Become an administrator until you leave or say `MODE -o`, as an operator whom the settings name."""
    _check_delay(ctx, name)
    expected = ctx.runtime.settings.operators.get(name)
    return ctx.defer(
        lambda session: verify_password(expected, password),
        lambda again, is_right: _finish_oper(again, name, is_right),
        writes=True,
    )


def _finish_oper(ctx: Context, name: str, is_right: bool) -> None:
    """Let the caller be an administrator if the password was right; a failure is counted."""
    _check_delay(ctx, name)
    if not is_right:
        _emit_failure(ctx, name)
        ctx.runtime.rate_limits.logins.note(ctx.client.address, _throttle_key(name))
        raise NumericError(
            numerics.ERR_PASSWDMISMATCH, text="There is no such operator, or the password is wrong"
        )
    ctx.runtime.rate_limits.logins.trust(ctx.client.address, _throttle_key(name))
    ctx.reply(numerics.RPL_YOUREOPER)
    usermodes.grant_admin(ctx, name)


def _emit_failure(ctx: Context, name: str) -> None:
    """Let the audit trail tell of the failure; a name that nobody knows may be a password in the wrong place."""
    known = name if name in ctx.runtime.settings.operators else ""
    ctx.emit_without_reply(ctx.event(Kind.OPER_REFUSED, target=known, data={"address": ctx.client.address}))


def _check_delay(ctx: Context, name: str) -> None:
    """Refuse whoever must wait: too many passwords were wrong lately, from this address or for this name.

    Raises: Refused with ERR_PASSWDMISMATCH.
    """
    seconds = ctx.runtime.rate_limits.logins.wait(ctx.client.address, _throttle_key(name))
    if seconds > 0:
        text = f"Too many wrong passwords; wait {describe_wait(seconds)} and try again"
        raise NumericError(numerics.ERR_PASSWDMISMATCH, text=text)


def _throttle_key(name: str) -> str:
    """Return the key under which failures are counted: no account's, so that none is locked by them."""
    return f"OPER {name}"
