"""Shared encoding delivers exactly what rendering for each client alone would."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.encode import encode
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.delivery.response import Response, ResponseEntry
from app.engine.delivery.sink import IndividualSinks, SinkGroup
from app.events import Event, Kind
from app.events.data import JoinedData
from tests.engine.invariants import told

CAPS = (
    frozenset[str](),
    frozenset({"server-time"}),
    frozenset({"message-tags", "away-notify"}),
    frozenset({"server-time", "message-tags", "extended-join"}),
)
PEOPLE = 5


@dataclass(eq=False)
class CollectingSink:
    """A sink that keeps the bytes pushed before its end, as an outbox does."""

    data: bytes = b""
    pushes: list[bytes] = field(default_factory=list)
    is_finished: bool = False
    broadcaster: "Choir | None" = None

    def push(self, data: bytes) -> None:
        """Keep the bytes, unless finished."""
        assert data, "nobody is given nothing"
        if not self.is_finished:
            self.data += data
            self.pushes.append(data)

    def finish(self) -> None:
        """Accept no more bytes."""
        self.is_finished = True


class Choir:
    """A broadcaster, as flushers are."""

    def group(self, sinks: Sequence[CollectingSink]) -> SinkGroup:
        """Return sinks as one group."""
        return IndividualSinks(sinks)


CHOIRS = None, Choir(), Choir()


def client(number: int) -> Client:
    """Return a client whose capabilities and broadcaster depend on the number."""
    made = Client(CollectingSink(broadcaster=CHOIRS[number % len(CHOIRS)]), "127.0.0.1", False, 0.0)
    made.enable(CAPS[number % len(CAPS)])
    return made


def event(number: int, kind: Kind) -> Event:
    """Return an event; not every kind is delivered to every client."""
    data = JoinedData("Somebody", tags={"+x": str(number)} if number % 2 else {})
    return Event(
        kind,
        id=number + 1,
        at=1_795_000_000_000 + number,
        nick="n",
        user="u",
        host="h",
        target="#tea",
        text="hi",
        data=data,
    )


numbers = st.integers(0, PEOPLE - 1)
broadcasts = st.tuples(
    st.just("broadcast"),
    numbers,
    st.none() | numbers,
    st.sampled_from([Kind.PRIVMSG, Kind.JOINED, Kind.AWAY]),
)
responses = st.tuples(
    st.just("response"),
    numbers,
    st.none() | st.just("label"),
    st.lists(st.none() | st.text("abc ", min_size=1, max_size=5), max_size=3),
)
ends = st.tuples(st.just("end"), numbers, st.none(), st.just(["ERROR"]))
audiences = st.lists(st.frozensets(numbers), min_size=PEOPLE, max_size=PEOPLE)
joins = st.tuples(st.just("join"), numbers, numbers, st.sampled_from([Kind.JOINED, None]))
stories = st.lists(st.one_of(broadcasts, broadcasts, responses, ends, joins, joins), max_size=25)


def plan_of(story: list[tuple], people: list[Client], rooms: list[Audience]) -> Plan:  # type: ignore[type-arg]
    """Build a delivery plan from a sequence of events and responses."""
    plan: Plan = []
    rooms = list(rooms)
    inside = [set(room.clients) for room in rooms]
    for number, (what, first, second, third) in enumerate(story):
        if what == "broadcast":
            author = None if second is None else people[second]
            plan.append(Broadcast(event(number, third), rooms[first], author))
        elif what == "join":
            if third is not None:
                plan.append(Broadcast(event(number, third), rooms[first]))
            if people[second] not in inside[first]:
                inside[first].add(people[second])
                rooms[first] = rooms[first].joined_by([people[second]])
        else:
            contents = [
                ResponseEntry(event(number, Kind.PRIVMSG) if text is None else text) for text in third
            ]
            plan.append(
                Response(people[first], "irc.example", second, f"b{number}", contents, end=what == "end")
            )
    return plan


def naive(plan: Plan, who: Client) -> bytes:
    """Render the stream of one client, item by item."""
    heard = b""
    for item in plan:
        if isinstance(item, Broadcast):
            if who in item.audience.clients and who is not item.author:
                heard += encode(item.event, who.shape)
        elif item.client is who:
            heard += item.render()
            if item.end:
                break
    return heard


@given(story=stories, members=audiences)
def test_delivery_equals_a_naive_per_client_rendering(
    story: list[tuple],  # type: ignore[type-arg]
    members: list[frozenset[int]],
) -> None:
    people = [client(number) for number in range(PEOPLE)]
    rooms = [Audience(people[number] for number in room) for room in members]
    plan = plan_of(story, people, rooms)
    Hub().deliver(plan)
    for who in people:
        assert isinstance(who.sink, CollectingSink)
        assert who.sink.data == naive(plan, who)


def test_members_see_every_join_of_a_burst() -> None:
    people = [client(0) for _ in range(4)]
    room, plan = Audience(people[:1]), []
    for number, who in enumerate(people[1:]):
        plan.append(Broadcast(event(number, Kind.JOINED), room))
        room = room.joined_by([who])
    Hub().deliver(plan)
    assert [len(who.sink.pushes) for who in people if isinstance(who.sink, CollectingSink)] == [1, 1, 1, 0]


def test_an_incrementally_grown_audience_equals_a_new_one() -> None:
    people = [client(number) for number in range(3_000)]
    grown = Audience(())
    assert grown.is_empty
    for who in people:
        grown = grown.joined_by([who])
    assert not grown.is_empty
    assert grown.clients == frozenset(people)
    assert told(grown) == {(who.shape, who.sink) for who in people}


def test_clients_of_one_shape_share_the_same_bytes() -> None:
    people = [client(0) for _ in range(3)]
    room = Audience(people)
    Hub().deliver([Broadcast(event(number, Kind.PRIVMSG), room) for number in range(4)])
    first, *others = [who.sink.pushes for who in people if isinstance(who.sink, CollectingSink)]
    assert len(first) == 1
    assert all(pushes[0] is first[0] for pushes in others)
