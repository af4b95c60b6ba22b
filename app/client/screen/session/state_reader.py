"""What the screen reads of the driver's state, each time under one lock."""

from dataclasses import dataclass

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.channel_view import ChannelMember
from app.client.protocol.history.pages import CAPABILITY as CHATHISTORY
from app.client.protocol.model import ClientState
from app.client.ui.muting import MuteList
from app.wire.names import Key, fold

OPERATOR_PREFIXES = frozenset("~&@")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The part of the client's state that every refresh of the screen needs."""

    nick: str
    account: str
    lag_ms: int | None
    topic: str
    member_count: int
    joined: set[Key]  # or to be rejoined
    muted: set[Key]


class StateReader:
    """Copies values out of the driver's state. Thread-safe."""

    def __init__(self, driver: Driver, muted: MuteList) -> None:
        self._driver = driver
        self._muted = muted

    def snapshot(self, room: str) -> Snapshot:
        """Return a snapshot, with the topic and the number of members of a room."""
        now = self._driver.clock.now()

        def query(state: ClientState) -> Snapshot:
            view = state.find_room(room)
            return Snapshot(
                state.nick,
                state.connection.account,
                state.connection.lag_at(now),
                view.topic if view else "",
                len(view.members) if view else 0,
                {key for key, one in state.rooms.items() if one.is_joined or one.must_rejoin},
                self._muted.keys,
            )

        return self._driver.read(query)

    def members(self, room: str) -> list[ChannelMember]:
        """Return the members of a room."""

        def query(state: ClientState) -> list[ChannelMember]:
            view = state.find_room(room)
            return list(view.members.values()) if view else []

        return self._driver.read(query)

    def nicks(self) -> list[str]:
        """Return the nicks of the other users in our rooms."""

        def query(state: ClientState) -> list[str]:
            members = (member for room in state.joined_rooms() for member in room.members.items())
            nicks = {key: member.nick for key, member in members}
            return [nick for nick in nicks.values() if not state.is_me(nick)]

        return self._driver.read(query)

    def moderates(self, room: str) -> bool:
        """Whether we are an operator of a room."""

        def query(state: ClientState) -> bool:
            view = state.find_room(room)
            me = view.members.get(fold(state.nick)) if view else None
            return me is not None and not OPERATOR_PREFIXES.isdisjoint(me.prefix)

        return self._driver.read(query)

    def has_history(self, room: str) -> bool:
        """Whether the server answers requests for history, and the latest page has arrived."""

        def query(state: ClientState) -> bool:
            view = state.find_room(room)
            is_ready = view is not None and view.catch_up is None and (view.is_joined or view.is_direct)
            return state.is_online and state.has(CHATHISTORY) and is_ready

        return self._driver.read(query)

    def supports(self, capability: str) -> bool:
        """Whether the server supports a capability; offline, it is taken to."""
        return self._driver.read(lambda state: not state.is_online or state.has(capability))

    def queued(self) -> list[tuple[str, str]]:
        """Return the targets and texts of the messages that wait for a connection."""
        return self._driver.read(
            lambda state: [(one.target, one.text) for one in intents.queued_messages(state)]
        )
