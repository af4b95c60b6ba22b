"""Room entry and creation: JOIN, SAJOIN and automatic joins."""

from collections.abc import Iterable
from itertools import zip_longest

from app.commands.channels import join_burst
from app.commands.channels.parting import leave_all
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.commands.sessions import account_roles
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.limits.rate_limits import describe_wait
from app.engine.world.admission import find_entry_refusal
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import CreatedData, JoinedData
from app.services.rooms.rooms import NEW_ROOM_MODES
from app.wire import numerics
from app.wire.name_rules import InvalidName, check_room


@command(cost=2, writes=True)
def join(ctx: Context, channels: str, keys: str = "") -> None:
    """Join rooms; a room that does not exist is created, with you as its operator.

    Channels and keys are comma-separated lists; the first key is for the first channel. `JOIN 0`
    leaves all rooms.
    """
    if channels == "0":
        leave_all(ctx)
        return
    names = [name for name in channels.split(",") if name]
    for name, key in list(zip_longest(names, keys.split(","), fillvalue=""))[: len(names)]:
        with ctx.continue_on_error():
            join_room(ctx, name, key)


def join_room(ctx: Context, name: str, key: str = "") -> None:
    """Make the caller a member of a room, creating it if necessary.

    Raises: NumericError when the caller may not join or create it.
    """
    me = ctx.me
    room = ctx.world.find_room(name)
    if room is not None and room.member(me) is not None:
        return
    if len(me.rooms) >= ctx.runtime.settings.max_rooms_per_user:
        raise NumericError(numerics.ERR_TOOMANYCHANNELS, name)
    if room is not None and not _is_abandoned(ctx, room, me, key):
        _check_entry(ctx, room, me, key)
    elif room is not None:
        _delete_room(ctx, room)
        room = None
    _enter(ctx, room or _create_room(ctx, name), me)


def _is_abandoned(ctx: Context, room: Room, me: User, key: str) -> bool:
    """Return whether the room is orphaned and its modes keep the caller out."""
    if not room.is_orphaned:
        return False
    try:
        _check_entry(ctx, room, me, key)
    except NumericError:
        return True
    return False


def _delete_room(ctx: Context, room: Room) -> None:
    """Delete a room so that its name can be reused without exposing its history."""
    ctx.emit_without_reply(ctx.event(Kind.DELETED, room, target=room.name, text="The room was abandoned"))


def join_as_admin(ctx: Context, room: Room) -> None:
    """Make the caller, an administrator, a member of a room, ignoring its restrictions.

    Raises: NumericError when the caller is in too many rooms.
    """
    if room.member(ctx.me) is not None:
        return
    if len(ctx.me.rooms) >= ctx.runtime.settings.max_rooms_per_user:
        raise NumericError(numerics.ERR_TOOMANYCHANNELS, room.name)
    _enter(ctx, room, ctx.me, override=True)


def _create_room(ctx: Context, name: str) -> Room:
    """Create a room owned by the caller.

    Raises: NumericError when the name is invalid or a limit is reached.
    """
    try:
        name = check_room(name, ctx.runtime.settings.room_length)
    except InvalidName as error:
        raise NumericError(
            numerics.ERR_NOSUCHCHANNEL, name.replace(" ", "") or "*", text=error.reason
        ) from error
    if len(ctx.world.rooms) >= ctx.runtime.settings.max_rooms:
        raise NumericError(numerics.ERR_NOSUCHCHANNEL, name, text="The server has reached its limit of rooms")
    _charge_creation(ctx, name)
    me = ctx.me
    founder = me.account.id if me.account else None
    data = CreatedData(NEW_ROOM_MODES, official=False, founder=founder)
    event = ctx.event(Kind.CREATED, target=name, data=data)
    event.room = ctx.runtime.clock.new_id()
    ctx.emit_without_reply(event)
    return ctx.world.rooms[event.room]


def _charge_creation(ctx: Context, name: str) -> None:
    """Count a creation against the rate limit of the caller's address.

    Rooms are permanent, so a client could otherwise exhaust the server's room limit.

    Raises: NumericError when the limit is reached.
    """
    limit = ctx.runtime.rate_limits.rooms
    seconds = limit.delay_seconds(ctx.rate_key)
    if seconds > 0:
        text = f"Too many rooms were created from your address; wait {describe_wait(seconds)}"
        raise NumericError(numerics.ERR_NOSUCHCHANNEL, name, text=text)
    limit.record(ctx.rate_key)


def _check_entry(ctx: Context, room: Room, me: User, key: str) -> None:
    """Check the room's restrictions on joining.

    Raises: NumericError when the user may not join.
    """
    refusal = find_entry_refusal(room, me, key)
    if refusal is not None:
        raise NumericError(refusal, room.name)


def _enter(ctx: Context, room: Room, me: User, override: bool = False) -> None:
    """Emit the JOIN with the initial roles, and send the join burst to the user's devices."""
    roles = _initial_roles(room, me)
    others, is_attended = room.audience, room.is_attended
    is_invited = room.id in me.invited
    data = JoinedData(me.realname, "".join(sorted(roles)), override, is_invited)
    joined = ctx.changeset.emit(ctx.event(Kind.JOINED, room, target=room.name, data=data))
    announce_away(ctx.changeset, me, others)
    if is_attended:
        account_roles.change_roles(ctx.runtime, ctx.changeset, room, me, "+", roles, initial=True)
    join_burst.send_burst_and_replay(ctx, room, joined)
    send_bursts(ctx.runtime, ctx.changeset, room, joined, (set(me.clients) - {ctx.client}))


def announce_away(changeset: Changeset, user: User, others: Audience) -> None:
    """Announce to the other members of a room that a user who has just joined is away."""
    if user.away is not None:
        changeset.derive(user.event(Kind.AWAY, text=user.away), others)


def send_bursts(
    runtime: Runtime, changeset: Changeset, room: Room, joined: Event, clients: Iterable[Client]
) -> None:
    """Send the join burst to devices of a user who has joined by another one."""
    for client in clients:
        join_burst.send_burst_and_replay(Context(runtime, changeset, client), room, joined)


def _initial_roles(room: Room, me: User) -> set[str]:
    """Return the initial roles: those stored for the account, and `o` in an orphaned room."""
    roles = room.persistent_roles(me)
    if room.is_orphaned:
        roles.add("o")
    return roles
