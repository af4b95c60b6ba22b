"""NickServ: accounts, for users whose clients support neither SASL nor REGISTER.

It calls the same functions as these commands, with the same checks and limits.
"""

from sqlalchemy.orm import Session

from app.access_log import Mechanism
from app.clock import to_text
from app.commands.accounts import login, register, verify
from app.commands.accounts.login import LoginAttempt
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
from app.events import Kind, PasswordHashes
from app.events.data import AccountChangedData
from app.services.accounts.accounts import find_account
from app.services.accounts.passwords import hash_password
from app.wire.names import fold

_NOTHING = Secret(NO_EMAIL)


@command("NICKSERV", alias="NS")
def nickserv(ctx: ServiceContext, command: str = "", *more: Secret) -> None:
    """Manage your account: see `/msg NickServ HELP`. NS is an alias of the command.

    The last parameter may contain spaces if a colon precedes it.
    """
    raise service_context.unknown_command(ctx, command)


@subcommand()
def nickserv_help(ctx: ServiceContext, *command: str) -> None:
    """List the commands, or show the syntax of one."""
    service_context.send_help(ctx, *command)


@subcommand(writes=True, cost=5)
def nickserv_register(
    ctx: ServiceContext, password: Secret, invitation_or_email: Secret = _NOTHING
) -> SlowWork:
    """Register an account named after your nick, which reserves the nick for you.

    Some servers require an invitation code or an e-mail address; see REGISTER.
    """
    return register.sign_up(ctx, "*", invitation_or_email, password, _send_outcome)


def _send_outcome(ctx: ServiceContext, outcome: str, name: str, text: str) -> None:
    ctx.respond(text)


@subcommand(writes=True, cost=5, grammar="[<account>] <code>")
def nickserv_verify(ctx: ServiceContext, word: Secret, *more: Secret) -> None:
    """Complete a registration with the code sent by mail; the account defaults to your nick's."""
    name, code = (word, more[0]) if more else (ctx.me.nick, word)
    verify.complete_verification(ctx, name, code, _send_outcome)


@subcommand(writes=True, cost=2, grammar="[<account>] <password>")
def nickserv_identify(ctx: ServiceContext, word: Secret, *more: Secret) -> SlowWork:
    """Log in to an account, by default that of your nick."""
    name, password = (word, more[0]) if more else (ctx.me.nick, word)
    attempt = LoginAttempt(name, Mechanism.IDENTIFY)
    return login.verify_password(
        ctx, attempt, password, lambda ctx, is_correct: _finish_identify(ctx, attempt, is_correct)
    )


def _finish_identify(ctx: ServiceContext, attempt: LoginAttempt, is_correct: bool) -> None:
    account = login.check_login(ctx, attempt, is_correct)
    ctx.respond(f"You are now logged in as {account.name}")
    login.confirm_login(ctx, account)
    login.log_in(ctx, account, attempt.mechanism)


@subcommand(writes=True)
def nickserv_logout(ctx: ServiceContext) -> None:
    """Log out on all devices under your nick and continue as a guest."""
    login.logout(ctx)
    ctx.respond("You are now logged out")


@subcommand(writes=True, cost=2)
def nickserv_ghost(ctx: ServiceContext, nick: str) -> None:
    """Disconnect another session of your account, such as a stale one, by its nick."""
    account, holder = get_own_account(ctx), ctx.get_user(nick)
    if holder.account is not account:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"{holder.nick} is not logged in to your account")
    if holder is ctx.me:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"{holder.nick} is your own nick; use QUIT")
    disconnect_user(ctx.runtime, ctx.changeset, holder, f"Disconnected by {ctx.me.nick} of the same account")
    ctx.respond(f"Disconnected {holder.nick}")


@subcommand(writes=True, cost=2)
def nickserv_regain(ctx: ServiceContext, nick: str = "") -> None:
    """Change to a nick, by default your account's, and disconnect your other session using it."""
    wanted = nick or get_own_account(ctx).name
    if ctx.world.find_user(wanted) is not None:
        nickserv_ghost(ctx, wanted)
    registration.nick(ctx, wanted)


@subcommand()
def nickserv_set(ctx: ServiceContext, setting: str = "", *more: Secret) -> None:
    """Change a setting of your account: PASSWORD or ALWAYS-ON."""
    raise service_context.unknown_command(ctx, f"SET {setting}".strip())


@subcommand(writes=True, cost=5)
def nickserv_set_password(ctx: ServiceContext, old: Secret, new: Secret) -> SlowWork:
    """Change your password. Your devices stay logged in."""
    account = get_own_account(ctx)
    register.check_new_password(account.name, new, ctx.runtime.settings.password_shortest)
    attempt = LoginAttempt(account.name, Mechanism.SET_PASSWORD)
    return login.verify_password(
        ctx, attempt, old, lambda ctx, is_correct: _hash_new_password(ctx, account, new, is_correct)
    )


def get_own_account(ctx: ServiceContext) -> AccountInfo:
    """Return the account that the caller is logged in to.

    Raises: FailReply when there is none.
    """
    account = ctx.me.account
    if account is None:
        raise FailReply(ctx.verb, "NOT_LOGGED_IN", text="Log in first with IDENTIFY")
    return account


def _hash_new_password(ctx: ServiceContext, account: AccountInfo, new: str, is_correct: bool) -> SlowWork:
    """Hash the new password if the old one was correct; otherwise count a failed login."""
    login.check_login(ctx, LoginAttempt(account.name, Mechanism.SET_PASSWORD), is_correct)
    flow = ctx.rate_key
    return ctx.defer(
        lambda session: hash_password(new, flow),
        lambda ctx, hashes: _store_password(ctx, account, hashes),
        writes=True,
    )


def _store_password(ctx: ServiceContext, account: AccountInfo, hashes: PasswordHashes) -> None:
    """Store the new password, unless the caller has changed accounts in the meantime."""
    if get_own_account(ctx) is not account:
        raise FailReply(ctx.verb, "NOT_LOGGED_IN", text="You are no longer logged in to this account")
    data = AccountChangedData(account.id, password=True)
    ctx.emit_without_reply(ctx.event(Kind.ACCOUNT_CHANGED, data=data, secret=hashes))
    ctx.respond(f"Changed the password of {account.name}")


@subcommand("ALWAYS-ON", writes=True, grammar="on|off")
def nickserv_set_always_on(ctx: ServiceContext, choice: str) -> None:
    """Set whether your account stays in its rooms while no device is connected.

    This applies only while your nick is the name of the account.
    """
    account = get_own_account(ctx)
    if ctx.runtime.settings.always_on == "off":
        raise FailReply(ctx.verb, "DISALLOWED", text="Always-on is disabled on this server")
    if choice.lower() not in ("on", "off"):
        raise FailReply(ctx.verb, "INVALID_PARAMS", text=f"Invalid value {choice}; use on or off")
    is_on = choice.lower() == "on"
    ctx.emit_without_reply(
        ctx.event(Kind.ACCOUNT_CHANGED, data=AccountChangedData(account.id, always_on=is_on))
    )
    ctx.respond(_always_on_text(ctx, account, is_on))


def _always_on_text(ctx: ServiceContext, account: AccountInfo, is_on: bool) -> str:
    if not is_on:
        return f"{account.name} now quits when its last device disconnects"
    days = ctx.runtime.settings.always_on_days
    until = f" for up to {days} days" if days else ""
    return f"{account.name} now stays in its rooms while no device is connected{until}"


@subcommand()
def nickserv_info(ctx: ServiceContext, account: str = "") -> SlowWork:
    """Show the registration time and online users of an account, by default yours."""
    own_name = ctx.me.account.name if ctx.me.account else ctx.me.nick
    name = account or own_name
    return ctx.defer(
        lambda session: _read_account(session, name), lambda ctx, found: _send_account(ctx, name, found)
    )


def _read_account(session: Session, name: str) -> AccountRow | None:
    found = find_account(session, fold(name))
    if found is not None:
        session.expunge(found)
    return found


def _send_account(ctx: ServiceContext, name: str, found: AccountRow | None) -> None:
    """Send the public account details; administrators also see its status and last use."""
    if found is None:
        raise FailReply(ctx.verb, "INVALID_TARGET", text=f"No account is named {name}")
    ctx.respond(f"{found.name} was registered at {to_text(found.created)}")
    account = ctx.world.find_account(found.name)
    nicks = sorted(user.nick for user in ctx.world.users_of(account)) if account else []
    if nicks:
        ctx.respond(f"Logged in as: {', '.join(nicks)}")
    me = ctx.me
    if me.is_admin and found.disabled:
        ctx.respond("The account is disabled")
    if not nicks and me.is_admin and found.last_seen is not None:
        ctx.respond(f"Last seen {to_text(found.last_seen)}")
