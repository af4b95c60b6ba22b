"""Which events of other nodes contradict a batch that could not be stored in time."""

import pytest

from app.engine.nodes.conflicts import _CHANGES, find_conflict
from app.events import Event, Kind
from app.events.data import ConnectedData, JoinedData, KickedData, ModeData

ANNA, BOB, CARL = 1, 2, 3  # sessions
TEA, WINE = 10, 11  # rooms


def connected(session: int, nick: str) -> Event:
    return Event(Kind.CONNECTED, session=session, nick=nick, data=ConnectedData("192.0.2.1", nick, "a"))


def said(session: int, room: int) -> Event:
    return Event(Kind.PRIVMSG, session=session, room=room, nick="anna", target="#tea", text="hello")


def told(nick: str) -> Event:
    return Event(Kind.PRIVMSG, session=CARL, nick="carl", target=nick, text="hello")


def renamed(session: int, nick: str, to: str) -> Event:
    return Event(Kind.NICK, session=session, nick=nick, target=to)


def joined(session: int, room: int, roles: str = "") -> Event:
    return Event(Kind.JOINED, session=session, room=room, data=JoinedData("", roles))


def moderated(room: int) -> Event:
    return Event(Kind.MODE, session=BOB, room=room, text="+m", data=ModeData([("+", "m", None, None)]))


def kicked(session: int, room: int) -> Event:
    return Event(Kind.KICKED, session=BOB, room=room, target="anna", data=KickedData(session, "#tea"))


@pytest.mark.parametrize(
    ("decided", "stored"),
    [
        (said(ANNA, TEA), said(BOB, TEA)),
        (said(ANNA, TEA), joined(BOB, TEA)),
        (said(ANNA, TEA), moderated(WINE)),
        (said(ANNA, TEA), kicked(BOB, TEA)),
        (joined(ANNA, TEA), joined(BOB, WINE)),
        (joined(ANNA, TEA), said(BOB, WINE)),
        (connected(ANNA, "anna"), connected(BOB, "bob")),
        (renamed(ANNA, "anna", "dora"), told("bob")),
        (connected(ANNA, "anna"), Event(Kind.NODE_STARTED, target="b")),
    ],
)
def test_events_about_different_things_do_not_conflict(decided: Event, stored: Event) -> None:
    assert find_conflict([decided], [stored], local=set()) is None


@pytest.mark.parametrize(
    ("decided", "stored"),
    [
        (connected(ANNA, "anna"), connected(BOB, "Anna")),
        (connected(ANNA, "anna"), renamed(BOB, "bob", "ANNA")),
        (connected(ANNA, "anna"), Event(Kind.BANNED, target="anna!*@*")),
        (connected(ANNA, "anna"), Event(Kind.REGISTERED, account="anna")),
        (said(ANNA, TEA), moderated(TEA)),
        (said(ANNA, TEA), Event(Kind.QUIT, session=ANNA, nick="anna")),
        (joined(ANNA, TEA), kicked(ANNA, TEA)),
        (joined(ANNA, TEA), said(BOB, TEA)),
        (joined(ANNA, TEA), joined(BOB, TEA)),
        (renamed(ANNA, "anna", "dora"), told("anna")),
        (Event(Kind.ATTACHED, session=ANNA, nick="anna"), said(BOB, TEA)),
        (told("bob"), renamed(BOB, "bob", "rob")),
        (joined(ANNA, TEA, "o"), joined(BOB, TEA, "o")),
        (Event(Kind.CREATED, room=TEA, target="#tea"), Event(Kind.CREATED, room=WINE, target="#Tea")),
        (said(ANNA, TEA), Event(Kind.ACCOUNT_DELETED, nick="deleted-1")),
    ],
)
def test_event_that_changes_what_a_decision_depended_on_conflicts(decided: Event, stored: Event) -> None:
    assert find_conflict([decided], [stored], local=set()) is stored


def test_a_user_of_this_node_who_is_kicked_may_not_receive_the_batch() -> None:
    batch, kick = [said(ANNA, TEA)], kicked(BOB, TEA)
    assert find_conflict(batch, [kick], {ANNA, BOB}) is kick
    assert find_conflict(batch, [kicked(CARL, TEA)], {ANNA, BOB}) is None


def test_nothing_conflicts_with_an_empty_batch() -> None:
    assert find_conflict([], [Event(Kind.ACCOUNT_DELETED)], local=set()) is None


def test_every_kind_is_classified_or_changes_everything() -> None:
    unclassified = set(Kind) - set(_CHANGES)
    assert unclassified == {
        Kind.ACCOUNT_DELETED,
        Kind.ACCOUNT_RENAMED,
        Kind.APPEARED,
        Kind.APPLIED,
        Kind.CERTIFICATE_ADDED,
        Kind.CERTIFICATE_REMOVED,
        Kind.INVITATION_MADE,
        Kind.INVITATION_REVOKED,
        Kind.VANISHED,
    }
