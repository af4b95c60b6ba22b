"""Search agrees with a scan of everything in its scope, and uses the index."""

import sys
from collections.abc import Iterator
from itertools import product
from typing import Any
from unicodedata import decomposition, normalize, ucd_3_2_0

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.log import get_last_id
from app.db.models import EventRow
from app.errors import SearchTookTooLong
from app.events import Event, Kind
from app.events.data import MessageData
from app.services import stats
from app.services.history import search as searching
from app.services.history.search import SearchQuery, SearchScope, queries, search
from app.wire.names import caseless
from tests.conftest import MovedClock
from tests.story import Story

LETTERS = st.text(alphabet="aAbВв日本 \"%_'", max_size=8)
FACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from((Kind.PRIVMSG, Kind.NOTICE, Kind.TOPIC, Kind.PRIVMSG)),
        st.sampled_from(("anna", "Боб")),
        LETTERS,
    ),
    max_size=20,
)


def find(story: Story, reach: SearchScope, words: str = "", limit: int = 50, **more: Any) -> list[str]:
    """Search and return the texts found."""
    with story.database.reading() as session:
        return [event.text or "" for event in search(session, reach, SearchQuery(words, **more), limit)]


def index_if_old(story: Story, is_old: bool) -> None:
    """Index the messages so far, if `is_old`."""
    if is_old:
        with story.database.locked() as connection:
            while fulltext_of(connection).extend(connection) < get_last_id(connection):
                pass


def whisper(story: Story, mine: str, theirs: str, words: str) -> str:
    """Send a private message; return its conversation."""
    pair = " ".join(sorted((mine, theirs)))
    data = MessageData(parties=[mine, theirs])
    story.record(Event(Kind.PRIVMSG, conversation=pair, nick="me", target="you", text=words, data=data))
    return pair


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS, indexed=st.integers(0, 20), words=LETTERS, limit=st.integers(0, 5), newest=st.booleans())
def test_search_agrees_with_a_scan_of_the_log(
    story: Story, clock: MovedClock, facts: list[Any], indexed: int, words: str, limit: int, newest: bool
) -> None:
    first = clock.new_id() * 3
    events = [Event(kind, room=first + room, nick=nick, text=said) for room, kind, nick, said in facts]
    story.record(*events[:indexed])
    index_if_old(story, True)
    story.record(*events[indexed:])
    reach = SearchScope((first, first + 1))
    question = SearchQuery(words, sender="АННА" if "%" in words else None, newest=newest)
    expected = [event.text for event in events if is_hit(event, reach, question)]
    expected = expected[max(len(expected) - limit, 0) :] if newest else expected[:limit]
    assert find(story, reach, words, limit, sender=question.sender, newest=newest) == expected


def is_hit(event: Event, reach: SearchScope, question: SearchQuery) -> bool:
    """Return whether an event matches, decided without the index."""
    said = (event.text or "").casefold()
    is_said = event.kind in (Kind.PRIVMSG, Kind.NOTICE) and bool(said) and event.room in (reach.rooms or ())
    is_theirs = question.sender is None or event.nick.casefold() == question.sender.casefold()
    return is_said and is_theirs and all(word.casefold() in said for word in question.words())


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("привет", ["Привет, мир!"]),
        ("РИВЕ", ["Привет, мир!"]),
        ("мир прив", ["Привет, мир!"]),
        ('"мир прив"', []),
        ('"вет, мир"', ["Привет, мир!"]),
        ("日本", ["昨日、日本語を勉強した"]),
        ("日本語を", ["昨日、日本語を勉強した"]),
        ("100%", ["it is 100% sure"]),
        ("100_", []),
        ('say"', ['they say" a lot']),
        ("tea cup 100", []),
        ("ea", ["Tea in a cup"]),
        ("TEA cup in a", ["Tea in a cup"]),
        (
            "",
            ["Привет, мир!", "昨日、日本語を勉強した", "it is 100% sure", 'they say" a lot', "Tea in a cup"],
        ),
        ("x" * 400, []),
    ],
)
def test_search_matches_any_case_parts_and_phrases(
    story: Story, words: str, found: list[str], is_old: bool
) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "Привет, мир!", "昨日、日本語を勉強した", "it is 100% sure", 'they say" a lot')
    story.say(room, "bob", "Tea in a cup")
    index_if_old(story, is_old)
    assert find(story, SearchScope((room,)), words) == found


FORMS = ("NFC", "NFD", "NFKC", "NFKD")
CASES = (str, str.upper, str.lower, str.title, str.swapcase, str.casefold)
FOLDED = "éÉçßẞſﬁﬃİıΣσςᾳǆǅŉＡｂ３ＫÅΩ㎢①½Ⅳﾊﾟパㄱ가한각ﷺѐЁйѴჀᏣꭰÞÆ𝔄𐐀"
CHARACTERS = st.one_of(
    st.sampled_from(FOLDED),
    st.sampled_from("aeK1\u0301\u0308\u030c\u0327\u3099\u1161\u11a8"),
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp"), exclude_characters='"'),
)
SPELLINGS = st.builds(
    lambda word, form, change: (word, normalize(form, change(word))),
    st.text(CHARACTERS, min_size=1, max_size=6),
    st.sampled_from(FORMS),
    st.sampled_from(CASES),
).filter(lambda pair: '"' not in pair[1] and caseless(pair[0]) == caseless(pair[1]))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spelling=SPELLINGS, before=st.text(CHARACTERS, max_size=3), after=st.text(CHARACTERS, max_size=3))
def test_search_finds_every_spelling_before_and_after_indexing(
    story: Story, clock: MovedClock, spelling: tuple[str, str], before: str, after: str
) -> None:
    """A word is found in any normal form and any case that folds to the same letters."""
    said, word = spelling
    room, text = clock.new_id(), f"{before} {said} {after}"
    story.record(Event(Kind.PRIVMSG, room=room, nick="anna", text=text))
    for is_old in (False, True):
        index_if_old(story, is_old)
        assert find(story, SearchScope((room,)), word) == [text], is_old
        assert find(story, SearchScope((room,)), f'"{word}"') == [text], is_old


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("crème brûlée", "cre\u0300me bru\u0302le\u0301e"),
        ("Eine Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("GROẞE", "große"),
        ("a ﬁne oﬃce", "FINE office"),
        ("fine", "ﬁne"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full WIDTH"),
        ("narrow", "ｎａｒｒｏｗ"),
        ("İstanbul", "i\u0307stanbul"),
        ("ısı", "ısı"),
        ("ΟΔΟΣ", "οδος"),
        ("οδός", "ΟΔΌΣ"),
        ("ﾊﾟｿｺﾝ", "パソコン"),
        ("한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"),
        ("x² + y²", "X2"),
        ("no\u00a0break", '"no break"'),
        ("№ 5", "no 5"),
        ("ß", "SS"),
        ("ßx", "ssx"),
    ],
)
def test_search_ignores_case_width_and_composition(story: Story, said: str, words: str) -> None:
    room = story.create_room("#tea")
    story.say(room, "Straße", said)
    for is_old in (False, True):
        index_if_old(story, is_old)
        assert find(story, SearchScope((room,)), words) == [said]
        assert find(story, SearchScope((room,)), words, sender="STRASSE") == [said]
    with story.database.reading() as session:
        assert stats.find_problems(session) == []
    fulltext_of(story.database.engine).rebuild(story.database)
    assert find(story, SearchScope((room,)), words) == [said]


def test_a_different_letter_is_not_found(story: Story) -> None:
    room = story.create_room("#tea")
    story.say(room, "anna", "crème", "ısı")
    for is_old in (False, True):
        index_if_old(story, is_old)
        assert find(story, SearchScope((room,)), "creme") == []
        assert find(story, SearchScope((room,)), "isi") == []


def test_the_database_agrees_with_caseless(story: Story) -> None:
    """It agrees for all characters of Unicode 3.2 that have several forms, and for words."""
    assigned = [one for one in map(chr, range(sys.maxunicode + 1)) if ucd_3_2_0.category(one)[0] != "C"]
    texts = [one for one in assigned if one.swapcase() != one or decomposition(one)]
    texts += ["Οδός", "Straße", "J\u030c", "\u1112\u1161\u11ab", "한국어", "ＡＢＣ\u0301", "ascii TEXT"]
    assert len(texts) > 5_000
    story.record(*(Event(Kind.VOID, text=one) for one in texts))
    with story.database.reading() as session:
        folded = fulltext_of(session.connection()).normal_form(EventRow.text)
        assert session.scalars(select(folded).order_by(EventRow.id)).all() == list(map(caseless, texts))


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("words", ["hello", "he", ""])
def test_search_is_limited_to_its_scope(story: Story, words: str, is_old: bool) -> None:
    tea, milk = story.create_room("#tea"), story.create_room("#milk")
    story.say(tea, "anna", "hello tea")
    story.say(milk, "anna", "hello milk")
    mine = whisper(story, "a1", "a2", "hello you")
    theirs = whisper(story, "a2", "a3", "hello them")
    story.record(Event(Kind.PRIVMSG, conversation=f"o{tea}", nick="anna", target="@#tea", text="hello o"))
    index_if_old(story, is_old)
    assert find(story, SearchScope(), words) == []
    assert find(story, SearchScope((tea,)), words) == ["hello tea"]
    assert find(story, SearchScope((tea, milk), party="a1"), words) == [
        "hello tea",
        "hello milk",
        "hello you",
    ]
    assert find(story, SearchScope((), (mine,)), words) == ["hello you"]
    assert find(story, SearchScope((), (mine, theirs)), words) == ["hello you", "hello them"]
    assert find(story, SearchScope(party="a2"), words) == ["hello you", "hello them"]
    assert find(story, SearchScope(party="a4"), words) == []
    assert find(story, SearchScope(None), words) == ["hello tea", "hello milk"]
    assert find(story, SearchScope((milk,), None), words)[:3] == ["hello milk", "hello you", "hello them"]


@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("words", ["one", "on"])
def test_search_filters_by_sender_and_time(story: Story, clock: MovedClock, words: str, is_old: bool) -> None:
    room, start = story.create_room("#tea"), clock.instant
    for number, nick in enumerate(("Anna", "bob", "Анна", "anna")):
        clock.instant = start + 10 * (number + 1)
        story.say(room, nick, f"one {number}", account="robert" if nick == "bob" else None)
    index_if_old(story, is_old)
    reach = SearchScope((room,))
    assert find(story, reach, words, sender="ANNA") == ["one 0", "one 3"]
    assert find(story, reach, words, sender="анна") == ["one 2"]
    assert find(story, reach, words, sender="Robert") == ["one 1"]
    assert find(story, reach, words, until=start + 20) == ["one 0", "one 1"]
    assert find(story, reach, words, since=start + 20, until=start + 30) == ["one 1", "one 2"]
    assert find(story, reach, words, limit=2) == ["one 2", "one 3"]
    assert find(story, reach, words, limit=2, since=start + 20) == ["one 2", "one 3"]
    assert find(story, reach, words, limit=2, since=start + 20, newest=False) == ["one 1", "one 2"]
    assert find(story, reach, words, limit=1, until=start + 30) == ["one 2"]


def test_short_words_scan_the_latest_messages_only(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MAX_SCANNED_MESSAGES", 6)
    tea, milk = story.create_room("#tea"), story.create_room("#milk")
    story.say(tea, "anna", "日本 old", "one", "two", "three", "日本 new")
    story.say(milk, "anna", *("noise",) * 20)
    assert find(story, SearchScope((tea,)), "日本") == ["日本 old", "日本 new"]
    assert find(story, SearchScope((tea, milk)), "日本") == ["日本 new"]
    assert find(story, SearchScope((tea, milk)), "old") == ["日本 old"]


def plan(database: Database, reach: SearchScope, question: SearchQuery) -> Iterator[str]:
    """Yield the database's query plans for a search."""
    explain = "EXPLAIN QUERY PLAN " if database.dialect.name == "sqlite" else "EXPLAIN "
    with database.engine.connect() as connection:
        for query in queries(fulltext_of(connection), reach, question):
            compiled = query.limit(5).compile(connection, compile_kwargs={"literal_binds": True})
            for row in connection.exec_driver_sql(explain + str(compiled).replace("%%", "%")):
                yield row[-1]


EVERY = [
    SearchScope((1,)),
    SearchScope((1, 2), party="a1"),
    SearchScope((), ("a1 a2",)),
    SearchScope(party="a1"),
    SearchScope(None, None),
]


def test_long_words_use_only_the_index(story: Story) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    bounds: list[dict[str, Any]] = [{}, {"since": 5}, {"until": 5}, {"since": 5, "until": 9}]
    for reach, more in product(EVERY, [*bounds, {"sender": "anna"}]):
        steps = list(plan(story.database, reach, SearchQuery("hello you", **more)))
        by_index = [step.startswith("SCAN spoken_index VIRTUAL TABLE") for step in steps]
        assert steps[by_index.index(True) + 1].startswith("SEARCH event USING INTEGER PRIMARY KEY"), steps
        assert not any(step.startswith("SCAN event") for step in steps), steps
        assert not any("B-TREE" in step for step in steps), steps


def test_postgresql_plan_depends_on_word_frequency(
    story: Story,
) -> None:
    if story.database.dialect.name != "postgresql":
        pytest.skip("SQLite has but one way")
    story.say(1, "anna", *("hello again",) * 2_000, "rarely")
    index_if_old(story, True)
    with story.database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    assert any(
        "on spoken_index_trigrams" in step for step in plan(story.database, EVERY[0], SearchQuery("rarely"))
    )
    assert any("Scan Backward using" in step for step in plan(story.database, EVERY[0], SearchQuery("hello")))


@pytest.mark.parametrize("words", ["he", ""])
def test_scan_reads_each_place_from_one_end(story: Story, words: str) -> None:
    if story.database.dialect.name != "sqlite":
        pytest.skip("the plans of PostgreSQL depend on statistics")
    steps = list(plan(story.database, SearchScope((1, 2), ("a1 a2",), "a1"), SearchQuery(words)))
    assert sum("ix_event_spoken (room_id=?)" in step for step in steps) == 2
    assert sum("USING INDEX ix_event_conversation " in step for step in steps) == 2
    assert not [step for step in steps if step.startswith("SCAN event")], steps


def test_endless_query_is_cancelled(story: Story) -> None:
    forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with story.database.reading() as session:
        connection = session.connection()
        with pytest.raises(SearchTookTooLong), fulltext_of(connection).time_limited(connection, 0.05):
            connection.execute(text(forever))
        session.rollback()
        assert search(session, SearchScope(None), SearchQuery("hello"), 1) == []
