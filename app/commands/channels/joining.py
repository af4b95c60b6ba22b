"""How people come into rooms: JOIN, and the rooms everybody is in at once."""

from itertools import zip_longest

from app.commands.channels import join_burst
from app.commands.channels.markers import send_marker as show_marker
from app.commands.channels.parting import leave_all
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.metadata import syncing
from app.commands.registry import command
from app.commands.sessions import account_roles
from app.engine.rate_limits import describe_wait, rate_key
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind
from app.services.rooms import NEW_ROOM_MODES
from app.wire import numerics
from app.wire.names import InvalidName, check_room


@command(cost=2, writes=True)
def join(ctx: Context, channels: str, keys: str = "") -> None:
    """Enter rooms, or make them: a room that does not exist yet is made, and you moderate it."""
    if channels == "0":
        leave_all(ctx)
        return
    names = [name for name in channels.split(",") if name]
    for name, key in list(zip_longest(names, keys.split(","), fillvalue=""))[: len(names)]:
        with ctx.continue_on_error():
            join_room(ctx, name, key)


def join_room(ctx: Context, name: str, key: str = "") -> None:
    """Bring the caller into a room.

    Raises: Refused with the reason it may not be.
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
    """Whether the room keeps the caller out for nobody: no one is in it, and no one can ever let anybody in."""
    if not room.is_orphaned:
        return False
    try:
        _check_entry(ctx, room, me, key)
    except NumericError:
        return True
    return False


def _delete_room(ctx: Context, room: Room) -> None:
    """Let a room be no more, so that its name can be another's; nobody else reads what was said in it."""
    ctx.emit_without_reply(ctx.event(Kind.DELETED, room, target=room.name, text="Nobody was in it any more"))


def join_as_admin(ctx: Context, room: Room) -> None:
    """Bring an administrator into a room, whatever keeps others out.

    Raises: Refused when the caller is in too many rooms.
    """
    if room.member(ctx.me) is not None:
        return
    if len(ctx.me.rooms) >= ctx.runtime.settings.max_rooms_per_user:
        raise NumericError(numerics.ERR_TOOMANYCHANNELS, room.name)
    _enter(ctx, room, ctx.me, override=True)


def _create_room(ctx: Context, name: str) -> Room:
    """Make a room that belongs to the caller.

    Raises: Refused when the name is none for a room, or there are too many.
    """
    try:
        name = check_room(name, ctx.runtime.settings.room_length)
    except InvalidName as refusal:
        raise NumericError(
            numerics.ERR_NOSUCHCHANNEL, name.replace(" ", "") or "*", text=refusal.reason
        ) from refusal
    if len(ctx.world.rooms) >= ctx.runtime.settings.max_rooms:
        raise NumericError(
            numerics.ERR_NOSUCHCHANNEL, name, text="This server has as many rooms as it may have"
        )
    _charge_creation(ctx, name)
    me = ctx.me
    data = {"modes": NEW_ROOM_MODES, "official": False, "founder": me.account.id if me.account else None}
    event = ctx.event(Kind.CREATED, target=name, data=data)
    event.room = ctx.runtime.clock.identity()
    ctx.emit_without_reply(event)
    return ctx.world.rooms[event.room]


def _charge_creation(ctx: Context, name: str) -> None:
    """Count a room that is made; rooms stay, so nobody may use all of them up.

    Raises: Refused when many were made from the caller's address lately.
    """
    made, address = ctx.runtime.rate_limits.rooms, rate_key(ctx.client.address)
    seconds = made.wait(address)
    if seconds > 0:
        text = f"Many rooms were made from your address; wait {describe_wait(seconds)}"
        raise NumericError(numerics.ERR_NOSUCHCHANNEL, name, text=text)
    made.note(address)


def _check_entry(ctx: Context, room: Room, me: User, key: str) -> None:
    """Refuse those whom the room keeps out; an invitation overrides all of it."""
    if room.id in me.invited or (me.is_admin and room.official):
        return
    if room.is_banned(me):
        raise NumericError(numerics.ERR_BANNEDFROMCHAN, room.name)
    if "i" in room.modes and not room.is_listed("I", me):
        raise NumericError(numerics.ERR_INVITEONLYCHAN, room.name)
    if "R" in room.modes and me.account is None:
        raise NumericError(numerics.ERR_NEEDREGGEDNICK, room.name)
    if room.password is not None and key != room.password:
        raise NumericError(numerics.ERR_BADCHANNELKEY, room.name)
    if room.limit is not None and len(room.members) >= room.limit:
        raise NumericError(numerics.ERR_CHANNELISFULL, room.name)


def _enter(ctx: Context, room: Room, me: User, **marks: object) -> None:
    """Let the caller be in a room; the marks stand in the event."""
    roles = _initial_roles(room, me)
    others = room.audience
    data = {"realname": me.realname, "roles": "".join(sorted(roles))} | marks
    joined = ctx.changeset.emit(ctx.event(Kind.JOINED, room, target=room.name, data=data), others)
    if not others.is_empty:
        account_roles.change_roles(ctx.runtime, ctx.changeset, room, me, "+", roles, others)
    if me.away is not None:
        ctx.changeset.pass_on(ctx.event(Kind.AWAY, text=me.away), others)
    send_burst_and_replay(ctx, room, joined)
    for device in me.clients:
        if device is not ctx.client:
            send_burst_and_replay(Context(ctx.runtime, ctx.changeset, device), room, joined)


def send_burst_and_replay(ctx: Context, room: Room, joined: Event) -> None:
    """Show a client that its person is in a room from now on, what there is, and what was said."""
    send_burst(ctx, room, joined)
    join_burst.replay_room(ctx, room)


def send_burst(ctx: Context, room: Room, joined: Event) -> None:
    """Show a client that its person is in a room from now on, and what there is."""
    ctx.send_event(joined)
    if "draft/read-marker" in ctx.client.caps:
        show_marker(ctx, room.name)
    join_burst.send_topic_and_names(ctx, room)
    syncing.send_room_metadata(ctx, room)


def _initial_roles(room: Room, me: User) -> set[str]:
    """Return the roles somebody has on coming in: those kept for them, or a room that nobody moderates."""
    roles = room.kept_roles(me)
    if room.is_orphaned:
        roles.add("o")
    return roles
