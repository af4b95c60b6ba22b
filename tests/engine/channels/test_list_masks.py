"""Every mask on a list is one parameter, wherever it is sent, stored or removed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.wire import masks
from app.wire.line import parse
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, log_in

LISTS = "beI"
MALFORMED = ["", " ", ":x", ":x y", "x y", "x y!*@*", "~a:x y", "~a::x", "~a: x", "!", "@", "!@"]
TOO_LONG = "x" * 200  # with the completed parts
MALFORMED_MUTES = ["~m:x y", "~m::x", "~m: ", "~m:~a::x", "~m:~a:x y", "~m:!@"]


def malformed_entries() -> list[tuple[str, str]]:
    """Return each list with each malformed mask that it could hold."""
    plain = [(letter, mask) for letter in LISTS for mask in [*MALFORMED, TOO_LONG]]
    return plain + [(letter, mask) for letter in "be" for mask in MALFORMED_MUTES]


@pytest.mark.parametrize("verb", ["MODE", "SAMODE"])
@pytest.mark.parametrize("sign", ["+", "-"])
def test_a_malformed_mask_is_refused(bench: EngineHarness, verb: str, sign: str) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    log_in(bench, "alice", "alice", role="admin")
    for letter, mask in malformed_entries():
        (refusal,) = alice.ask(f"{verb} #tea {sign}{letter} :{mask}")
        assert parse(refusal).params[:3] == ["alice", "#tea", letter], mask
        assert (parse(refusal).command, len(parse(refusal).params)) == ("696", 5), "the mask is one parameter"
        assert bob.heard() == [], mask
        assert len(alice.ask(f"MODE #tea {letter}")) == 1, f"the list is still empty, without {mask}"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    letter=st.sampled_from(LISTS + "g"),
    kind=st.sampled_from(["", "~a:", "~m:", "~m:~a:"]),
    text=st.text(st.sampled_from("ab:!@*?~ \u00a0\u3000\x02\ufb01"), max_size=8),
)
def test_what_a_list_shows_is_what_was_sent_and_can_be_removed(
    bench: EngineHarness, letter: str, kind: str, text: str
) -> None:
    """Any accepted entry is one parameter, and can be removed as the list shows it."""
    alice, bob = gather(bench, "#tea", "alice", "bob")
    alice.send("MODE #tea +o bob", f"MODE #tea +{letter} :{kind}{text}")
    sent = [line for line in bob.hears("MODE") if line.params[1] == f"+{letter}"]
    shown = [parse(line).params[2] for line in alice.ask(f"MODE #tea {letter}")[:-1]]
    assert [line.params[2:] for line in sent] == [[mask] for mask in shown]
    for mask in shown:
        alice.send(f"MODE #tea -{letter} {mask}")
    assert len(alice.ask(f"MODE #tea {letter}")) == 1, "the list is empty again"


@pytest.mark.parametrize("letter", LISTS)
def test_masks_stored_before_a_limit_apply_and_can_be_removed(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    mask = f"{'*b' * 30}*!*@*"
    with monkeypatch.context() as earlier:
        earlier.setattr(masks, "MAX_ASTERISKS", 100)
        alice.ask(f"MODE #tea +{letter} {mask}", "MODE #tea +b b*")
    bob.ask("NICK " + "b" * 30)
    assert any(" 404 " in line for line in bob.ask("PRIVMSG #tea :hi")) == (letter != "e")
    assert " 696 " in alice.ask(f"MODE #tea +{letter} {mask}x")[0]
    (removal,) = [line for line in alice.ask(f"MODE #tea -{letter} {mask.upper()}") if " MODE " in line]
    assert removal.endswith(f"MODE #tea -{letter} {mask}")
    assert mask not in "".join(alice.ask(f"MODE #tea {letter}"))
