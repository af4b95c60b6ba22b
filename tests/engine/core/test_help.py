"""HELP."""

import pytest

from app.commands.table import build_command_table
from app.wire.line import parse
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people

COMMANDS = build_command_table().by_verb


@pytest.mark.parametrize("verb", ["HELP", "HELPOP"])
def test_help_shows_syntax_and_purpose(bench: EngineHarness, verb: str) -> None:
    people(bench, "alice")
    help_text = "\n".join(f"alice < :irc.example 705 alice Kick :{line}" for line in COMMANDS["KICK"].help)
    bench.play(
        f"""
        alice > {verb} Kick
        alice < :irc.example 704 alice Kick :{COMMANDS["KICK"].syntax}
        {help_text}
        alice < :irc.example 706 alice Kick :End of help
        alice =
        """
    )


def test_help_lists_subcommands(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    start, *texts, end = map(parse, alice.ask("HELP cap"))
    assert (start.command, end.command) == ("704", "706")
    assert {line.params[2] for line in texts} >= {
        member.syntax for member in COMMANDS["CAP"].subcommands.values()
    }


def test_help_explains_a_subcommand(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for asked in ("CAP LS", ":CAP LS"):
        lines = [parse(line).params[1:] for line in alice.ask(f"HELP {asked}")]
        assert lines[0] == ["CAP", "CAP LS [<version>]"]
        assert lines[1] == ["CAP", COMMANDS["CAP"].subcommands["LS"].help[0]]


def test_the_index_names_every_command_once(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for asked in ("HELP", "HELPOP", "HELP :"):
        start, *texts, end = map(parse, alice.ask(asked))
        assert {line.params[1] for line in (start, *texts, end)} == {"index"}
        assert [word for line in texts for word in line.params[2].split(" ")] == sorted(COMMANDS)


def test_help_on_an_unknown_command_is_refused(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for asked, shown in {"nothing": "nothing", "CAP NO": "CAP", "KICK LS": "KICK", "::x": "x"}.items():
        assert alice.ask(f"HELP {asked}") == [
            f":irc.example 524 alice {shown} :No help is available for this topic"
        ]


def test_every_command_has_help_that_fits_its_lines(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for name in COMMANDS:
        start, *texts, end = map(parse, alice.ask(f"HELP {name}"))
        assert {line.params[1] for line in (start, *texts, end)} == {name}
        assert [line.command for line in texts] == ["705"] * len(texts)
        assert texts, name


def test_help_marks_administrator_commands(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    for name, command in COMMANDS.items():
        is_said = any("For administrators only." in line for line in alice.ask(f"HELP {name}"))
        assert is_said == command.admin_only
