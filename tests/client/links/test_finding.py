"""Links in texts: where they begin and end, and their URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.links.finding import SCHEMES, find_links, to_url
from app.text.sanitise import clean


def links(text: str) -> list[str]:
    """Return the links in a text as they are written."""
    return [text[link.start : link.end] for link in find_links(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://ex.org/a, ok", ["https://ex.org/a"]),
        ("(see http://ex.org/a_(b))", ["http://ex.org/a_(b)"]),
        ("https://en.wikipedia.org/wiki/Tea_(drink)", ["https://en.wikipedia.org/wiki/Tea_(drink)"]),
        ("<https://ex.org/?q=[a]&b=c#d>", ["https://ex.org/?q=[a]&b=c#d"]),
        ('`https://ex.org/a` "https://ex.org/b"', ["https://ex.org/a", "https://ex.org/b"]),
        ("“https://ex.org/a”, «https://ex.org/b»…", ["https://ex.org/a", "https://ex.org/b"]),
        ("https://ex.org/a。 （https://ex.org/b）", ["https://ex.org/a", "https://ex.org/b"]),
        ("HTTPS://EX.ORG/A!?", ["HTTPS://EX.ORG/A"]),
        ("http://localhost:8080/ http://127.0.0.1", ["http://localhost:8080/", "http://127.0.0.1"]),
        ("irc://irc.ex.org/#tea ircs://ex.org:6697/a", ["irc://irc.ex.org/#tea", "ircs://ex.org:6697/a"]),
        ("mailto:anna@ex.org.", ["mailto:anna@ex.org"]),
        (
            "https://bücher.example/ä https://例え.テスト/パス",
            ["https://bücher.example/ä", "https://例え.テスト/パス"],
        ),
        ("tea: https://ex.org", ["https://ex.org"]),
    ],
)
def test_links_are_found_without_the_punctuation_around_them(text: str, expected: list[str]) -> None:
    assert links(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ex.org and anna@ex.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://ex.org/a",
        "//ex.org/a",
        "xhttps://ex.org",
        "https://",
        "mailto:",
        "https://ex.org:99999/",
        clean("https://ex.org/\u202egpj.exe"),
    ],
)
def test_other_texts_have_no_links(text: str) -> None:
    assert links(text) == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://bücher.example/ä?ö#ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC"),
        ("https://ex.org/%C3%A4%", "https://ex.org/%C3%A4%"),
        ("HTTPS://EX.org:443/A", "https://ex.org:443/A"),
        ("http://anna:pw@ex.org/", "http://anna:pw@ex.org/"),
        ("irc://ex.org/#tea", "irc://ex.org/#tea"),
        ("mailto:a@ex.org?subject=ä", "mailto:a@ex.org?subject=%C3%A4"),
        ("https://\u2024.example", None),
        ("https://ex.org:x/", None),
        ("file:///etc/passwd", None),
        ("https:///a", None),
    ],
)
def test_url_is_in_ascii(text: str, url: str | None) -> None:
    assert to_url(text) == url


@given(before=st.text(max_size=10), path=st.text(max_size=20), after=st.text(max_size=10))
def test_every_link_is_part_of_the_text_and_has_a_safe_url(before: str, path: str, after: str) -> None:
    text = clean(f"{before} https://ex.org/{path} {after}")
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end <= len(text)
        assert link.url == to_url(link.url) == to_url(text[link.start : link.end])
        assert link.url.partition(":")[0] in SCHEMES
        assert link.url.isascii()
        assert link.url.isprintable()
        assert " " not in link.url
        end = link.end
