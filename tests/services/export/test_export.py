"""The export formats that are text: complete for programs, harmless for people."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import ClassVar

import pytest

from app.clock import from_iso
from app.events import ROOM_EVENTS, Kind
from app.services.export import FORMATS, ExportInfo
from app.services.history.entry import HistoryEntry
from app.text.sanitise import clean
from tests.hidden_text import NASTY as NASTY_TEXT
from tests.hidden_text import find_hidden

KINDS = [Kind.PRIVMSG, Kind.NOTICE, *ROOM_EVENTS]
ABOUT = ExportInfo("Team <chat>", from_iso("2026-11-22T12:00:00Z"))
NOON = from_iso("2026-11-21T12:00:05Z")
DAY = 86_400_000


def entry(
    text: str, kind: Kind = Kind.PRIVMSG, at: int = NOON, room: str = "#tea", **more: object
) -> HistoryEntry:
    """Return an entry by anna."""
    values = {"id": "1z", "at": at, "heading": room, "room": room, "kind": kind, "nick": "anna"}
    values |= {"account": None, "target": room, "text": text, **more}
    return HistoryEntry(**values)


NASTY = [
    "<script>alert(1)</script> & \"quotes\" 'too'",
    "\x1b[2J\x1b]0;title\x07 terminal",
    "\x0304,05red\x03 \x02bold\x0f",
    '=HYPERLINK("http://x")',
    "*stars* _lines_ `code` [link](x) | table",
    'https://example.org/a_b?c=1&d="><script>',
    "line\u2028separator",
    "Привет 日本語 🧵",
    NASTY_TEXT,
]


def export(form: str, *entries: HistoryEntry) -> str:
    """Return the export of entries in a format."""
    return "".join(FORMATS[form].write(entries, ABOUT))


@pytest.mark.parametrize("form", FORMATS)
def test_empty_export_is_valid(form: str) -> None:
    assert export(form) or form in ("jsonl", "mbox")


@pytest.mark.parametrize("text", NASTY)
def test_json_keeps_every_character(text: str) -> None:
    line = export("jsonl", entry(text))
    assert line.count("\n") == 1
    assert json.loads(line)["text"] == text
    assert [row["text"] for row in json.loads(export("json", entry(text), entry("x")))] == [text, "x"]


def test_empty_json_export_is_an_empty_array() -> None:
    assert json.loads(export("json")) == []


def test_json_line_contains_every_field() -> None:
    assert json.loads(export("jsonl", entry("hello", account="anna"))) == {
        "msgid": "1z",
        "time": "2026-11-21T12:00:05.000Z",
        "room": "#tea",
        "kind": "privmsg",
        "nick": "anna",
        "account": "anna",
        "target": "#tea",
        "text": "hello",
        "reply_to": None,
    }


@pytest.mark.parametrize("text", NASTY)
def test_csv_neutralises_formulas(text: str) -> None:
    head, row = csv.reader(io.StringIO(export("csv", entry(text))))
    assert head[0] == "msgid"
    assert len(row) == len(head)
    said = row[head.index("text")]
    assert said.lstrip("'") == clean(text)
    assert not said.startswith("=")


@pytest.mark.parametrize("start", "=+-@＝＋－＠﹢﹣﹦﹫")
def test_csv_prefixes_formulas_in_every_width_and_column(start: str) -> None:
    _, row = csv.reader(io.StringIO(export("csv", entry(f"{start}1+1", room=f"{start}2", target="tea"))))
    assert {"'" + start + "1+1", "'" + start + "2", "tea"} <= set(row)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", NASTY)
def test_exports_contain_no_invisible_characters(form: str, text: str) -> None:
    nasty_entries = [
        entry(text, kind, nick=f"a{text}", account=f"a{text}", room=f"#{text}") for kind in KINDS
    ]
    about = ExportInfo(f"Team{text}", ABOUT.made)
    assert find_hidden("".join(FORMATS[form].write(nasty_entries, about))) == set()


def test_text_export_looks_like_the_client() -> None:
    text = export(
        "txt",
        entry("hello"),
        entry("\x01ACTION waves\x01"),
        entry("later", kind=Kind.PARTED, at=NOON + DAY),
        entry("hi", room="#ops"),
    )
    assert text.splitlines()[1:] == [
        "",
        "== #tea ==",
        "",
        "[2026-11-21 12:00:05] anna: hello",
        "[2026-11-21 12:00:05] * anna waves",
        "[2026-11-22 12:00:05] -- anna left (later)",
        "",
        "== #ops ==",
        "",
        "[2026-11-21 12:00:05] anna: hi",
    ]


def test_markdown_escapes_message_text() -> None:
    text = export("md", entry("*not bold* https://example.org/a_b."), entry("x", at=NOON + DAY))
    assert "## \\#tea" in text
    assert text.index("### 2026-11-21") < text.index("### 2026-11-22")
    assert "- 12:00:05 **anna** \\*not bold\\* <https://example.org/a_b>.\n" in text


class ParsedPage(HTMLParser):
    """Parses a page: its text, and every tag and attribute."""

    empty: ClassVar = {"meta"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in self.empty:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("start", ["  ", "\t", "\x02", "\u3000"])
def test_csv_prefixes_formulas_after_what_a_spreadsheet_skips(start: str) -> None:
    _, row = csv.reader(io.StringIO(export("csv", entry(f"{start}=1+1", account=f"{start}@SUM(1)"))))
    assert [cell for cell in row if cell.lstrip().startswith(("=", "@"))] == []


def test_html_isolates_the_writing_direction_of_names_and_texts() -> None:
    name = "\u05d0\u05d1"
    page = export("html", *(entry(name, kind, nick=name, target=name, room=name) for kind in KINDS))
    assert page.count(name) == page.count(f"<bdi>{name}</bdi>")


@pytest.mark.parametrize("text", NASTY)
def test_html_is_well_formed_and_escapes_text(text: str) -> None:
    page = ParsedPage(
        export("html", entry(text), entry(text, kind=Kind.NOTICE), entry("\x01ACTION bows\x01"))
    )
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "link", "object", "form"}
    assert clean(text) in "".join(page.words)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert all(
        v and v.startswith(("#", "https://", "http://")) for name, v in page.attributes if name == "href"
    )


def test_html_has_headings_for_rooms_and_days() -> None:
    page = export("html", entry("a"), entry("b", at=NOON + DAY), entry("c", room="#ops"))
    assert re.findall(r"<h2><bdi>(.*)</bdi></h2>", page) == ["#tea", "#ops"]
    assert re.findall(r"<h3>(.*)</h3>", page) == [
        "Saturday, 21 November 2026",
        "Sunday, 22 November 2026",
        "Saturday, 21 November 2026",
    ]
    assert "Team &lt;chat&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert "3 lines." in page


def test_html_of_several_months_has_a_table_of_contents() -> None:
    page = export(
        "html", entry("a"), entry("b", at=NOON + 10 * DAY, id="20"), entry("c", room="#<ops>", id="21")
    )
    contents = page[page.index("<nav") : page.index("</nav>")]
    links = re.findall(r'<a href="#(\w+)">(?:<bdi>)?(.*?)(?:</bdi>)?</a>', contents)
    assert links == [
        ("r1", "#tea"),
        ("m1z", "November 2026"),
        ("m20", "December 2026"),
        ("r2", "#&lt;ops&gt;"),
        ("m21", "November 2026"),
    ]
    assert all(f'id="{target}"' in page for target, _ in links)
    assert "2 lines<" in contents
    assert "1 line<" in contents


def test_html_of_one_month_has_no_table_of_contents() -> None:
    page = export("html", entry("a"))
    assert "<nav" not in page
    assert "1 line." in page


@pytest.mark.parametrize("kind", ROOM_EVENTS)
def test_every_room_event_has_a_sentence(kind: Kind) -> None:
    assert "anna" in export("txt", entry("why", kind=kind))


@pytest.mark.parametrize("form", [name for name, format_ in FORMATS.items() if format_.continues])
def test_a_continued_document_is_the_first_part_and_then_the_rest(form: str) -> None:
    first, second = entry("a", id="1z"), entry("b", id="20")
    continued = export(form, first) + "".join(FORMATS[form].entries([second], ABOUT))
    if form in ("txt", "md"):  # each part has its own headings
        assert continued.count("#tea") == 2
    else:
        assert continued == export(form, first, second)
