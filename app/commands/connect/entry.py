"""Completion of registration: final checks, welcome burst and automatic joins."""

from collections.abc import Callable
from functools import partial

from app.commands.channels import join_burst, joining, markers, replay
from app.commands.connect.welcome import send_welcome
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.sessions.bans import BanSubject, check_not_banned, subject_of_newcomer
from app.commands.sessions.devices import publish_devices
from app.commands.sessions.nick_changes import notify_online
from app.commands.users import away
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import AccountInfo, NodeDevices, User
from app.events import Event, Kind
from app.events.data import ConnectedData, JoinedData
from app.services.accounts.name_reservations import describe_reservation
from app.services.nodes.nodes import find_delivery_progress
from app.wire import numerics
from app.wire.names import fold


def complete_entry(ctx: Context) -> SlowWork | None:
    """Admit a connection as a new user, or as another device of an existing one.

    Raises: NumericError with ERR_NICKNAMEINUSE or ERR_ERRONEUSNICKNAME; ConnectionBanned.
    """
    registration = ctx.client.registration
    nick = registration.nick or ""
    account = _current_account(ctx)
    try:
        holder = _existing_user(ctx, nick, account)
    except NumericError:
        registration.nick, ctx.client.nick = None, "*"
        raise
    newcomer = subject_of_newcomer(ctx.runtime, ctx.client, nick, account)
    check_not_banned(ctx.world, newcomer)
    if holder is not None:
        return _enter_as_device(ctx, holder)
    _enter_as_user(ctx, newcomer)
    return None


def _current_account(ctx: Context) -> AccountInfo | None:
    """Return the account that the caller is logged in to, unless it was disabled meanwhile."""
    account = ctx.world.find_account(ctx.client.account) if ctx.client.account else None
    if account is None or account.disabled:
        ctx.client.account = None
        return None
    return account


def is_own_account(ctx: Context, holder: User) -> bool:
    """Whether a user is logged in to the same account as the caller."""
    return holder.account is not None and holder.account.name == ctx.client.account


def check_not_registered(ctx: Context, nick: str, account: AccountInfo | None) -> None:
    """Refuse a nick that is registered as another account.

    Raises: NumericError with ERR_NICKNAMEINUSE.
    """
    owner = ctx.world.accounts.get(fold(nick))
    if owner is not None and owner is not account:
        raise nick_in_use(ctx, nick)


def check_not_reserved(ctx: Context, nick: str) -> None:
    """Refuse a nick that is reserved because it was the name of another account.

    Raises: NumericError with ERR_ERRONEUSNICKNAME.
    """
    reservation = ctx.world.reservations.find(nick, ctx.runtime.clock.now())
    if reservation is not None and ctx.world.find_account(nick) is None:
        text = f"{describe_reservation(nick, reservation)}; choose another"
        raise NumericError(numerics.ERR_ERRONEUSNICKNAME, nick, text=text)


def nick_in_use(ctx: Context, nick: str) -> NumericError:
    """Return the error for a nick that is in use or registered, with advice for its owner."""
    holder = ctx.world.find_user(nick)
    text = "This nick is registered; log in to its account or choose another nick"
    if holder is not None and is_own_account(ctx, holder):
        text = "Your account already uses this nick; to connect another device, log in by SASL or PASS"
    is_registered = fold(nick) in ctx.world.accounts
    return NumericError(numerics.ERR_NICKNAMEINUSE, nick, text=text if is_registered else None)


def _existing_user(ctx: Context, nick: str, account: AccountInfo | None) -> User | None:
    """Return the existing user to which this connection is attached as another device, if any.

    Raises: NumericError with ERR_NICKNAMEINUSE when the nick belongs to another user, with
        ERR_ERRONEUSNICKNAME when it is reserved.
    """
    holder = ctx.world.find_user(nick)
    if holder is not None and not is_own_account(ctx, holder):
        raise nick_in_use(ctx, nick)
    check_not_registered(ctx, nick, account)
    check_not_reserved(ctx, nick)
    return holder


def _enter_as_user(ctx: Context, newcomer: BanSubject) -> None:
    account = newcomer.account
    session = ctx.runtime.clock.new_id()
    ctx.changeset.emit(
        Event(
            Kind.CONNECTED,
            session=session,
            nick=newcomer.nick,
            user=newcomer.user,
            host=newcomer.host,
            account=account.name if account else None,
            data=_describe_connection(ctx, newcomer),
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
    with ctx.continue_on_error():
        markers.send_unjoined_markers(ctx)


def _describe_connection(ctx: Context, newcomer: BanSubject) -> ConnectedData:
    devices = NodeDevices.of([ctx.client])
    return ConnectedData(
        newcomer.address,
        ctx.client.registration.realname,
        ctx.world.node,
        ctx.runtime.clock.now(),
        secure=devices.are_secure,
        certificates=devices.certificates or None,
    )


def _enter_as_device(ctx: Context, holder: User) -> SlowWork | None:
    """Attach a connection to an existing user, and replay the messages missed without a device.

    A user with another device has missed nothing. A device on another node may be gone together
    with it, so what was said since that node renewed its lease is replayed.
    """
    since = holder.detached
    send_burst: Callable[[Context, Room, Event], None] = join_burst.send_burst
    if since is not None:
        send_burst = join_burst.send_burst_and_replay
    elif not holder.clients:
        position, since = ctx.read(lambda connection: find_delivery_progress(connection, holder.nodes))
        send_burst = partial(join_burst.send_burst_and_replay_after, position=position)
    ctx.world.attach(ctx.client, holder)
    publish_devices(ctx.world, ctx.changeset, holder)
    away.apply_early_away(ctx)
    send_welcome(ctx)
    for room in ctx.world.rooms_of(holder):
        joined = ctx.event(Kind.JOINED, room, target=room.name, data=JoinedData(holder.realname))
        joined.at = ctx.runtime.clock.now()
        send_burst(ctx, room, joined)
    with ctx.continue_on_error():
        markers.send_unjoined_markers(ctx)
    return None if since is None else replay.replay_direct_messages(ctx, since)
