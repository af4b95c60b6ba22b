"""Every labelled command gets exactly one response (IRCv3 labeled-response)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.wire.capabilities import CAPABILITIES
from app.wire.line import parse
from tests.engine.attacks.test_fuzz import lines, new_bench
from tests.engine.harness import EngineHarness, HarnessClient

CAPS = tuple(
    name for name in CAPABILITIES if name != "draft/multiline"
)  # which answers at the end of a batch


def answer(person: HarnessClient, line: str) -> list[str]:
    """Send a labelled line and return the replies."""
    unlabelled = line.partition(" ")[2] if line.startswith("@") else line
    return person.ask(f"@label=l-1 {unlabelled}")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.lists(lines(), min_size=1, max_size=8))
def test_every_labelled_command_gets_one_labelled_response(said: list[str]) -> None:
    with new_bench() as bench:
        alice = bench.connect("alice", *CAPS)
        bench.connect("bob").send("JOIN #tea", "AWAY :gone")
        alice.send("JOIN #tea")
        for line in said:
            heard = [parse(line) for line in answer(alice, line)]
            labelled = [line for line in heard if "label" in line.tags]
            if not alice.ear.is_finished and "labeled-response" in alice.client.caps:
                assert len(labelled) == 1, (line, [str(line) for line in heard])


def test_message_text_is_not_mistaken_for_a_batch(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "labeled-response", "batch")
    bench.connect("bob").send("AWAY :a BATCH +x b")
    bench.connect("carol").send("AWAY :c BATCH -x")
    first, *others, last = map(parse, alice.ask("@label=l-1 PRIVMSG bob,carol :hello"))
    assert (first.command, first.params[1:], first.tags["label"]) == ("BATCH", ["labeled-response"], "l-1")
    name = first.params[0].removeprefix("+")
    assert [(line.command, line.tags) for line in others] == [("301", {"batch": name})] * 2
    assert last.params == [f"-{name}"]
