"""Lines: formatting and parsing are inverse, and any text can be parsed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.wire.line import Line, format_line, format_tags, parse, parse_tags, plain, unescape

inline = st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"])
texts = st.text(inline, max_size=20)
anything = st.text(max_size=30)
middles = texts.filter(lambda text: bool(text) and " " not in text and not text.startswith(":"))
commands = st.from_regex(r"[A-Z]{1,10}|[0-9]{3}", fullmatch=True)
sources = st.none() | st.from_regex(r"[a-z]{1,5}(![a-z]{1,5}@[a-z.]{1,5})?", fullmatch=True)
tag_names = st.from_regex(r"\+?([a-z.]{1,5}/)?[a-z-]{1,9}", fullmatch=True)
tags = st.dictionaries(
    tag_names, st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
)
lines = st.builds(
    lambda command, middle, last, source, tags: Line(command, middle + last, source, tags),
    commands,
    st.lists(middles, max_size=4),
    st.lists(texts, max_size=1),
    sources,
    tags,
)


@given(lines)
@example(Line("PRIVMSG", ["#a", ""], "bob!b@h", {"+x": "a;b c\\d\r\n"}))
@example(Line("TOPIC", ["#a", ":x"]))
@example(Line("MODE", ["#a", "a :b"]))
def test_formatted_line_parses_to_itself(line: Line) -> None:
    assert parse(str(line)) == line


@given(commands, st.lists(anything, max_size=4), st.dictionaries(tag_names, anything, max_size=2))
@example("401", ["bob", "no such", "No such nick"], {"+a": "\0 \n"})
@example("403", ["bob", "", "No such channel"], {})
@example("KICK", ["#a", ":::", "x"], {})
@example("NOTICE", ["bob", "x\r\nQUIT"], {})
def test_any_parameters_format_to_one_line_with_as_many(
    command: str, params: list[str], tags: dict[str, str]
) -> None:
    text = format_line(command, params, tags=tags)
    assert not set(text) & set("\r\n\0")
    line = parse(text)
    assert (line.command, len(line.params), set(line.tags)) == (command, len(params), set(tags))


@given(st.text(inline, max_size=60))
@example(":")
@example("@")
@example("@a :b ")
def test_any_text_parses_or_raises_value_error(text: str) -> None:
    try:
        line = parse(text)
    except ValueError:
        return
    assert line.command
    assert not any(" " in param for param in (line.command, *line.params[:-1]))


@given(anything)
def test_escaped_tag_value_unescapes_to_itself(value: str) -> None:
    assert parse_tags(format_tags({"+a": value})) == {"+a": value.replace("\0", "")}


@given(anything)
def test_any_tag_value_can_be_unescaped(value: str) -> None:
    assert len(unescape(value)) <= len(value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ping 1", Line("PING", ["1"])),
        ("  PING   1  ", Line("PING", ["1"])),
        (":a!b@c PRIVMSG #d :e f", Line("PRIVMSG", ["#d", "e f"], "a!b@c")),
        ("PRIVMSG #d ::) hi", Line("PRIVMSG", ["#d", ":) hi"])),
        ("PRIVMSG #d e:f", Line("PRIVMSG", ["#d", "e:f"])),
        ("AWAY :", Line("AWAY", [""])),
        ("@a=b;c;+d=;a=e :x  TAGMSG  #y", Line("TAGMSG", ["#y"], "x", {"a": "e", "c": "", "+d": ""})),
        ("@=x;;a=b\\ PING", Line("PING", [], None, {"a": "b"})),
        ("@a=b=c PING", Line("PING", [], None, {"a": "b=c"})),
    ],
)
def test_parse(text: str, line: Line) -> None:
    assert parse(text) == line


@pytest.mark.parametrize("text", ["", "   ", "@a=b", "@a=b ", ":bob", ":bob   ", "@a :b "])
def test_line_without_a_command_is_an_error_or_the_default(text: str) -> None:
    with pytest.raises(ValueError, match="no command"):
        parse(text)
    assert parse(text, "*") == Line("*")


def test_nick_is_the_source_up_to_the_exclamation_mark() -> None:
    assert parse(":bob!b@h PING").nick == "bob"
    assert parse(":server.example PING").nick == "server.example"
    assert parse("PING").nick == ""


def test_last_parameter_has_a_colon_only_if_it_needs_one() -> None:
    assert format_line("CAP", ["*", "LIST", ""]) == "CAP * LIST :"
    assert format_line("MODE", ["#a", "+o", "bob"]) == "MODE #a +o bob"
    assert format_line("PRIVMSG", ["#a", "x y"], "s") == ":s PRIVMSG #a :x y"


def test_tag_without_a_value_has_no_equals_sign() -> None:
    assert format_line("PING", tags={"bot": "", "+a": ";"}) == "@bot;+a=\\: PING"


@given(anything)
def test_plain_parameter_parses_as_one(param: str) -> None:
    assert parse(f"PING {plain(param)} :end").params == [plain(param), "end"]
