"""NickServ: accounts, for people whose clients know neither SASL nor REGISTER.

A thin layer: whatever it does is done by what those commands use, with the same guards and limits.
"""

from sqlalchemy.orm import Session

from app.clock import to_text
from app.commands.accounts import login, register, verify
from app.commands.accounts.signup_policy import NO_EMAIL
from app.commands.connect import registration
from app.commands.errors import FailReply
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import Secret, command, subcommand
from app.commands.sessions.leaving import disconnect_user
from app.db.models import AccountRow
from app.engine.submission_unit import SlowWork
from app.engine.world.user import AccountInfo
from app.events import Kind
from app.services.accounts import PasswordHashes, find_account, hash_password
from app.wire.names import fold

_NOTHING = Secret(NO_EMAIL)


@command("NICKSERV", alias="NS")
def nickserv(ctx: ServiceContext, command: str = "", *more: Secret) -> None:
    """Look after accounts: `/msg NickServ HELP` tells what there is. NS is short for it.

    The last word may have spaces in it if a colon stands before it, as everywhere in IRC.
    """
    raise service_context.unknown_command(ctx, command)


@subcommand()
def nickserv_help(ctx: ServiceContext, *command: str) -> None:
    """Tell what there is to say, or how one command is used."""
    service_context.send_help(ctx, *command)


@subcommand(writes=True, cost=5)
def nickserv_register(
    ctx: ServiceContext, password: Secret, invitation_or_email: Secret = _NOTHING
) -> SlowWork:
    """Make an account of your nick, so that nobody else can use it; some servers want to see more for that."""
    return register.sign_up(ctx, "*", invitation_or_email, password, _send_outcome)


def _send_outcome(ctx: ServiceContext, outcome: str, name: str, text: str) -> None:
    ctx.respond(text)


@subcommand(writes=True, cost=5, grammar="[<account>] <code>")
def nickserv_verify(ctx: ServiceContext, word: Secret, *more: Secret) -> None:
    """Complete a registration with the code that was mailed; without a name, that of your nick."""
    name, code = (word, more[0]) if more else (ctx.me.nick, word)
    verify.complete_verification(ctx, name, code, _send_outcome)


@subcommand(writes=True, cost=2, grammar="[<account>] <password>")
def nickserv_identify(ctx: ServiceContext, word: Secret, *more: Secret) -> SlowWork:
    """Log in to an account; without its name, to the one that is called like your nick."""
    name, password = (word, more[0]) if more else (ctx.me.nick, word)
    return login.verify_password(
        ctx, name, password, lambda ctx, is_right: _finish_identify(ctx, name, is_right)
    )


def _finish_identify(ctx: ServiceContext, name: str, is_right: bool) -> None:
    account = login.check_login(ctx, name, is_right)
    ctx.respond(f"You are logged in as {account.name}")
    login.confirm_login(ctx, account)
    login.log_in(ctx, account)


@subcommand(writes=True)
def nickserv_logout(ctx: ServiceContext) -> None:
    """Log out on all devices under your nick, and stay as a guest."""
    login.logout(ctx)
    ctx.respond("You are logged out")


@subcommand(writes=True, cost=2)
def nickserv_ghost(ctx: ServiceContext, nick: str) -> None:
    """Disconnect who has a nick by your account, such as a device of yours whose connection is dead."""
    account, holder = get_own_account(ctx), ctx.get_user(nick)
    if holder.account is not account:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"{holder.nick} is not logged in to your account")
    if holder is ctx.me:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"You are {holder.nick} yourself")
    disconnect_user(
        ctx.runtime, ctx.changeset, holder, f"Disconnected by {ctx.me.nick}, who has the same account"
    )
    ctx.respond(f"{holder.nick} is gone")


@subcommand(writes=True, cost=2)
def nickserv_regain(ctx: ServiceContext, nick: str = "") -> None:
    """Have a nick, that of your account if none is named, and disconnect who has it by your account."""
    wanted = nick or get_own_account(ctx).name
    if ctx.world.find_user(wanted) is not None:
        nickserv_ghost(ctx, wanted)
    registration.nick(ctx, wanted)


@subcommand()
def nickserv_set(ctx: ServiceContext, setting: str = "", *more: Secret) -> None:
    """Change what holds for your account."""
    raise service_context.unknown_command(ctx, f"SET {setting}".strip())


@subcommand(writes=True, cost=5)
def nickserv_set_password(ctx: ServiceContext, old: Secret, new: Secret) -> SlowWork:
    """Change your password. Your other devices stay logged in."""
    account = get_own_account(ctx)
    register.check_new_password(account.name, new, ctx.runtime.settings.password_shortest)
    return login.verify_password(
        ctx, account.name, old, lambda ctx, is_right: _hash_new_password(ctx, account, new, is_right)
    )


def get_own_account(ctx: ServiceContext) -> AccountInfo:
    """Return the account of the caller.

    Raises: Failed when they have none.
    """
    account = ctx.me.account
    if account is None:
        raise FailReply(ctx.verb, "NOT_LOGGED_IN", text="Log in first: IDENTIFY")
    return account


def _hash_new_password(ctx: ServiceContext, account: AccountInfo, new: str, is_right: bool) -> SlowWork:
    """Hash the new password if the old one was right; a wrong one counts as a failed log-in."""
    login.check_login(ctx, account.name, is_right)
    return ctx.defer(
        lambda session: hash_password(new), lambda ctx, kept: _store_password(ctx, account, kept), writes=True
    )


def _store_password(ctx: ServiceContext, account: AccountInfo, kept: PasswordHashes) -> None:
    """Take the new password, unless the caller has logged out meanwhile."""
    if get_own_account(ctx) is not account:
        raise FailReply(ctx.verb, "NOT_LOGGED_IN", text="You are logged in to another account now")
    data = {"id": account.id, "password": True}
    ctx.emit_without_reply(ctx.event(Kind.ACCOUNT_CHANGED, data=data, secret=kept))
    ctx.respond(f"The password of {account.name} is changed")


@subcommand("ALWAYS-ON", writes=True, grammar="on|off")
def nickserv_set_always_on(ctx: ServiceContext, choice: str) -> None:
    """Stay in your rooms while no device of yours is connected, or leave with the last one.

    You stay under the nick that the account is called like; under another one you leave.
    """
    account = get_own_account(ctx)
    if ctx.runtime.settings.always_on == "off":
        raise FailReply(ctx.verb, "DISALLOWED", text="Nobody stays without a device on this server")
    if choice.lower() not in ("on", "off"):
        raise FailReply(ctx.verb, "INVALID_PARAMS", text=f"{choice} is neither on nor off")
    is_on = choice.lower() == "on"
    ctx.emit_without_reply(ctx.event(Kind.ACCOUNT_CHANGED, data={"id": account.id, "always_on": is_on}))
    ctx.respond(_always_on_text(ctx, account) if is_on else f"{account.name} leaves with its last device")


def _always_on_text(ctx: ServiceContext, account: AccountInfo) -> str:
    """Say what always-on means, for how long, and for which nick."""
    days = ctx.runtime.settings.always_on_days
    until = f" for up to {days} days" if days else ""
    return f"As {account.name} you stay in your rooms without a device{until}"


@subcommand()
def nickserv_info(ctx: ServiceContext, account: str = "") -> SlowWork:
    """Tell about an account, yours if none is named: since when there is one, and who is logged in."""
    mine = ctx.me.account.name if ctx.me.account else ctx.me.nick
    name = account or mine
    return ctx.defer(
        lambda session: _read_account(session, name), lambda ctx, found: _send_account(ctx, name, found)
    )


def _read_account(session: Session, name: str) -> AccountRow | None:
    found = find_account(session, fold(name))
    if found is not None:
        session.expunge(found)
    return found


def _send_account(ctx: ServiceContext, name: str, found: AccountRow | None) -> None:
    """Tell what everybody may know, and when it was used last to those it belongs to or who look after it."""
    if found is None:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"There is no account {name}")
    ctx.respond(f"{found.name} is registered since {to_text(found.created)}")
    account = ctx.world.find_account(found.name)
    nicks = sorted(user.nick for user in ctx.world.users_of(account)) if account else []
    if nicks:
        ctx.respond(f"Logged in now as {', '.join(nicks)}")
    me = ctx.me
    if me.is_admin and found.disabled:
        ctx.respond("The account is disabled")
    if not nicks and me.is_admin and found.last_seen is not None:
        ctx.respond(f"Last seen {to_text(found.last_seen)}")
