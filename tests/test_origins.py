"""Web origins are compared as browsers send them (RFC 6454 section 6.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings.origins import is_listed, normalise_origin


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://chat.example.org", "https://chat.example.org"),
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("http://chat.example.org:80", "http://chat.example.org"),
        ("http://chat.example.org:443", "http://chat.example.org:443"),
        ("https://chat.example.org:08443", "https://chat.example.org:8443"),
        ("HTTPS://Chat.Example.ORG", "https://chat.example.org"),
        ("https://chat.example.org/", "https://chat.example.org"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:443/", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example"),
        ("http://192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("http://[2001:DB8:0:0::1]:80", "http://[2001:db8::1]"),
        ("http://my_host:3000", "http://my_host:3000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_an_origin_matches_in_every_spelling(written: str, sent: str) -> None:
    assert normalise_origin(written) == sent
    assert is_listed(sent, (normalise_origin(written),))
    assert is_listed(written, (sent,))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "without a path"),
        ("null", "sandboxed"),
        ("https://", "without a path"),
        ("chat.example.org", "https://"),
        ("ftp://chat.example.org", "https://"),
        ("https://chat.example.org/chat", "without a path"),
        ("https://chat.example.org?", "without a path"),
        ("https://chat.example.org#", "without a path"),
        ("https://anna@chat.example.org", "without a path"),
        ("https://chat.example.org:", "without a path"),
        ("https://chat.example.org:0", "from 1 to 65535"),
        ("https://chat.example.org:65536", "from 1 to 65535"),
        ("https://chat..example", "without a path"),
        ("https://300.0.0.1", "without a path"),
        ("https://127.1", "without a path"),
        ("https://[::1", "without a path"),
        ("https://[1.2.3.4]", "without a path"),
        ("https://*.example.org", "without a path"),
        (" https://chat.example.org", "without a path"),
        ("https://chat.example.org\n", "without a path"),
        ("http\u017f://chat.example.org", "without a path"),
        ("https://\u200d", "without a path"),
    ],
)
def test_other_text_is_not_an_origin(text: str, word: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        normalise_origin(text)
    assert word in str(refused.value)
    assert not is_listed(text, ("https://chat.example.org",))


@given(text=st.text() | st.text("htps:/[]0123456789.xé%@-_").map("https://{}".format))
def test_the_normal_form_of_an_origin_is_stable(text: str) -> None:
    try:
        origin = normalise_origin(text)
    except ValueError:
        return
    assert normalise_origin(origin) == origin
