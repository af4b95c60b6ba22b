"""The cached names of a room always equal those of its members (NAMES)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.harness import EngineHarness, HarnessClient

NICKS = ("ann", "bob", "cleo", "dora")
CAPS = ((), ("multi-prefix",), ("userhost-in-names",), ("multi-prefix", "userhost-in-names"))
LINES = st.sampled_from(
    [
        "JOIN #tea",
        "PART #tea",
        "NICK {me}{number}",
        "MODE #tea +v {other}",
        "MODE #tea -v {other}",
        "MODE #tea +o {other}",
        "MODE #tea -o {other}",
        "KICK #tea {other}",
    ]
)
PLACES = st.integers(0, len(NICKS) - 1)


def told(person: HarnessClient) -> set[str]:
    """Return the names a client receives."""
    person.send("NAMES #tea")
    return {name for line in person.hears("353") for name in line.params[3].split()}


def there(bench: EngineHarness, person: HarnessClient) -> set[str]:
    """Return the expected names for a member."""
    room = bench.core.runtime.world.find_room("#tea")
    user = bench.core.runtime.world.user_of(person.client)
    if room is None or user is None or room.member(user) is None:
        return told(person)  # from outside nothing is kept
    return {member.name_for(person.client) for member in room.members.values()}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.tuples(PLACES, PLACES, LINES), max_size=20))
def test_cached_names_always_match_the_members(
    bench: EngineHarness, deeds: list[tuple[int, int, str]]
) -> None:
    people = [
        bench.people.get(nick) or bench.connect(nick, *caps) for nick, caps in zip(NICKS, CAPS, strict=True)
    ]
    for number, (mine, theirs, line) in enumerate(deeds):
        me, other = people[mine], people[theirs].client.nick
        me.send(line.format(me=me.name, other=other, number=number))
        for person in people:
            assert told(person) == there(bench, person)
