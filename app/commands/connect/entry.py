"""The moment of entering: the last guards, the welcome, the rooms everybody is in at once."""

from app.commands.channels import join_burst, joining, markers
from app.commands.connect.welcome import send_welcome
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.sessions.bans import BanSubject, find_ban
from app.commands.sessions.nick_changes import notify_online
from app.commands.users import away
from app.engine.submission_unit import SlowWork
from app.engine.world.user import AccountInfo, User
from app.events import Event, Kind
from app.wire import numerics
from app.wire.names import fold


def complete_entry(ctx: Context) -> SlowWork | None:
    """Let a connection in that has said everything: as a new person, or as a further device of one."""
    said = ctx.client.registration
    nick = said.nick or ""
    account = _current_account(ctx)
    try:
        holder = _existing_user(ctx, nick, account)
    except NumericError:
        said.nick, ctx.client.nick = None, "*"
        raise
    address = ctx.client.address
    newcomer = BanSubject(nick, said.user or "", address, ctx.runtime.cloak(address), account)
    ban = find_ban(ctx.world, newcomer)
    if ban is not None:
        ctx.reply(numerics.ERR_YOUREBANNEDCREEP, text=f"You are banned from this server: {ban.reason}")
        ctx.close(f"Banned: {ban.reason}")
    elif holder is not None:
        return _enter_as_device(ctx, holder)
    else:
        _enter_as_user(ctx, newcomer)
    return None


def _current_account(ctx: Context) -> AccountInfo | None:
    """Return the account the caller has logged in to, unless it was disabled meanwhile."""
    account = ctx.world.find_account(ctx.client.account) if ctx.client.account else None
    if account is None or account.disabled:
        ctx.client.account = None
        return None
    return account


def is_own_account(ctx: Context, holder: User) -> bool:
    """Whether the nick's holder is the account that the caller is logged in to."""
    return holder.account is not None and holder.account.name == ctx.client.account


def check_not_registered(ctx: Context, nick: str, account: AccountInfo | None) -> None:
    """Refuse a nick that is a registered name of somebody else.

    Raises: Refused with ERR_NICKNAMEINUSE.
    """
    owner = ctx.world.accounts.get(fold(nick))
    if owner is not None and owner is not account:
        raise nick_in_use(ctx, nick)


def nick_in_use(ctx: Context, nick: str) -> NumericError:
    """Return the refusal of a nick that somebody has, or has registered; it says what the owner can do."""
    holder = ctx.world.find_user(nick)
    text = "This nick is registered; log in to its account, or choose another"
    if holder is not None and is_own_account(ctx, holder):
        text = "You are here under this nick already; to join in, connect with it and log in by SASL or PASS"
    is_registered = fold(nick) in ctx.world.accounts
    return NumericError(numerics.ERR_NICKNAMEINUSE, nick, text=text if is_registered else None)


def _existing_user(ctx: Context, nick: str, account: AccountInfo | None) -> User | None:
    """Return the person this connection is a further device of, if it is.

    Raises: Refused when the nick is somebody else's.
    """
    holder = ctx.world.find_user(nick)
    if holder is not None and not is_own_account(ctx, holder):
        raise nick_in_use(ctx, nick)
    check_not_registered(ctx, nick, account)
    return holder


def _enter_as_user(ctx: Context, newcomer: BanSubject) -> None:
    account = newcomer.account
    session = ctx.runtime.clock.identity()
    ctx.changeset.emit(
        Event(
            Kind.CONNECTED,
            session=session,
            nick=newcomer.nick,
            user=newcomer.user,
            host=newcomer.host,
            account=account.name if account else None,
            data={
                "address": newcomer.address,
                "realname": ctx.client.registration.realname,
                "node": ctx.runtime.settings.node,
            },
        )
    )
    me = ctx.world.users[session]
    ctx.world.attach(ctx.client, me)
    notify_online(ctx.runtime, ctx.changeset, me)
    away.apply_early_away(ctx)
    send_welcome(ctx)
    for name in ctx.runtime.settings.auto_join:
        with ctx.continue_on_error():
            joining.join_room(ctx, name)
    markers.send_unjoined_markers(ctx)


def _enter_as_device(ctx: Context, holder: User) -> SlowWork | None:
    """Let a connection speak for somebody who is here; the first one after a while is shown what was missed."""
    since = holder.detached
    ctx.world.attach(ctx.client, holder)
    if since is not None:
        ctx.emit_without_reply(ctx.event(Kind.ATTACHED))
    away.apply_early_away(ctx)
    send_welcome(ctx)
    for room in ctx.world.rooms_of(holder):
        shown = ctx.event(Kind.JOINED, room, target=room.name, data={"realname": holder.realname})
        shown.at = ctx.runtime.clock.now()
        joining.send_burst_and_replay(ctx, room, shown)
    markers.send_unjoined_markers(ctx)
    return None if since is None else join_burst.replay_direct_messages(ctx, since)
