"""The index of a room's mask lists follows every change of the lists."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.world.list_index import ListIndex
from app.wire.extbans import complete_mask, parse_list_mask
from app.wire.masks import matches
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

MASKS = st.sampled_from(
    ["anna", "ANNA!*@*", "a*", "*n*!*@*", "*@*.example", "~a:anna", "~a:an*", "~m:anna", "~m:~a:bob", "b?b"]
).map(complete_mask)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), MASKS), max_size=20), st.sampled_from(["anna", "bob", None]))
def test_the_index_finds_what_each_mask_matches(steps: list[tuple[bool, str]], account: str | None) -> None:
    index, listed = ListIndex([]), dict[str, None]()
    for adds, mask in steps:
        if adds:
            index.add(mask)
            listed[mask] = None
        else:
            index.discard(mask)
            listed.pop(mask, None)
    for source in ("Anna!~anna@a.example", "bob!~bob@192.0.2.7"):
        expected = [
            rule
            for rule in map(parse_list_mask, listed)
            if (matches(rule.mask, account or "") if rule.is_account else matches(rule.mask, source))
        ]
        assert sorted(map(str, index.find(source, account))) == sorted(map(str, expected))


def test_bans_take_effect_and_end_at_once(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    for ban in ("bob", "*b*!*@*", "~m:bob", "*@127.0.0.1"):
        bench.people["alice"].ask(f"MODE #tea +b {ban}")
        (bob,) = people(bench, "bob")
        assert " 404 " in bob.ask("PRIVMSG #tea :hi")[0], ban
        bench.people["alice"].ask("MODE #tea +e bob", f"MODE #tea +e {ban}")
        assert bob.ask("PING x", "PRIVMSG #tea :hi")[-1].endswith("PONG irc.example :x"), ban
        bench.people["alice"].ask("MODE #tea -e bob", f"MODE #tea -e {ban}")
        assert " 404 " in bob.ask("PRIVMSG #tea :hi")[-1], ban
        bench.people["alice"].ask(f"MODE #tea -b {ban}")
        assert bob.ask("PING x", "PRIVMSG #tea :hi")[-1].endswith("PONG irc.example :x"), ban
