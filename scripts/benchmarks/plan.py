"""What a scenario asks of the workers, as values that cross processes."""

from dataclasses import dataclass

from scripts.benchmarks.address import Address


@dataclass(frozen=True, slots=True)
class Crowd:
    """The connections of a scenario, all workers together."""

    address: Address
    people: int
    rooms: int = 1  # everybody is in one of them, in turn; 0: in none
    mute: int = 0  # of the people, the last ones: they never read
    at_once: int = 200  # how many register at the same time
    mixed: bool = False  # whether a third of the people each has no, some, more capabilities


@dataclass(frozen=True, slots=True)
class Gathering:
    """How many of a crowd got where they should be, and how many will not; the others are late."""

    came: int
    lost: int = 0  # refused, or disconnected on the way
    refusal: str = ""  # what the server told most of those it refused


@dataclass(frozen=True, slots=True)
class Talk:
    """How the people talk: so many senders, for so long, either as fast as a window allows or at a rate."""

    senders: int
    seconds: float
    size: int = 100  # bytes of text
    window: int = 32  # messages of a sender that not everybody has got yet
    rate: float = 0.0  # messages a second, all senders together; 0: as many as the window allows
    hearers: int = 1  # how many others hear each message
    patience: float = 10.0  # seconds to wait for the last deliveries


@dataclass(frozen=True, slots=True)
class Heard:
    """What one worker measured."""

    sent: int
    expected: int  # deliveries, at everybody, that these messages should make
    deliveries: int
    seconds: float
    busy: float  # share of the time for which the worker's process computed
    orders: frozenset[tuple[str, int, int]]  # what is heard, deliveries, checksum: of those who only listened
    waits: list[int]  # ns
