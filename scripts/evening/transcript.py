"""Conversations, written as transcripts that say who writes, answers, reacts and deletes what.

#room                     the lines below are written there; a nick stands for a direct message
bob: text                 a message
bob [key]: text           a message to which later lines refer
carol > key: text         an answer to it
dave + key: 👍            a reaction
bob - key: reason         its deletion
erin # text               a topic
frank joins, frank leaves
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

LINE = re.compile(r"(?P<who>\w+)(?: (?P<sign>[>+-]) (?P<to>\w+)| \[(?P<key>\w+)\])?: (?P<text>.+)")
TOPIC = re.compile(r"(?P<who>\w+) # (?P<text>.+)")
MOVE = re.compile(r"(?P<who>\w+) (?P<verb>joins|leaves)")


class Deed(Enum):
    """What a line of a transcript does."""

    SAY = ""
    REPLY = ">"
    REACT = "+"
    REDACT = "-"
    TOPIC = "#"
    JOIN = "joins"
    LEAVE = "leaves"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a transcript. `key` names a message, `to` is the key of the one it refers to."""

    deed: Deed
    room: str
    who: str
    text: str = ""
    key: str = ""
    to: str = ""


def read_transcript(transcript: str) -> Iterator[Step]:
    """Yield the steps of a transcript.

    Raises: ValueError for a line in none of the forms above.
    """
    room = ""
    for line in filter(None, map(str.strip, transcript.splitlines())):
        if ":" not in line and " " not in line:
            room = line
        else:
            yield _read_line(room, line)


def _read_line(room: str, line: str) -> Step:
    if found := TOPIC.fullmatch(line):
        return Step(Deed.TOPIC, room, found["who"], found["text"])
    if found := MOVE.fullmatch(line):
        return Step(Deed(found["verb"]), room, found["who"])
    if found := LINE.fullmatch(line):
        deed = Deed(found["sign"] or "")
        return Step(deed, room, found["who"], found["text"], found["key"] or "", found["to"] or "")
    raise ValueError(f"Cannot read the line {line!r}.")
