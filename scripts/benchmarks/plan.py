"""Orders to the workers and their results, as values that cross processes."""

from dataclasses import dataclass

from scripts.benchmarks.address import Address


@dataclass(frozen=True, slots=True)
class Crowd:
    """The connections of a scenario, over all workers."""

    address: Address
    people: int
    rooms: int = 1  # users are distributed over them; 0: none
    mute: int = 0  # how many of the users never read
    at_once: int = 200  # concurrent registrations
    mixed: bool = False  # a third of the users each negotiates no, some and more capabilities


@dataclass(frozen=True, slots=True)
class Gathering:
    """How many users reached the required state and how many failed; the rest timed out."""

    came: int
    lost: int = 0  # refused, or disconnected on the way
    refusal: str = ""  # the most frequent reason


@dataclass(frozen=True, slots=True)
class Talk:
    """Traffic: senders and duration, limited by a window or by a rate."""

    senders: int
    seconds: float
    size: int = 100  # bytes of text
    window: int = 32  # messages in flight per sender
    rate: float = 0.0  # messages per second over all senders; 0: limited by the window
    hearers: int = 1  # recipients of each message, without its sender
    timeout: float = 10.0  # seconds to wait for the last deliveries


@dataclass(frozen=True, slots=True)
class Heard:
    """The measurements of a worker."""

    sent: int
    expected: int  # deliveries at all workers expected from these messages
    deliveries: int
    seconds: float
    busy: float  # share of the time the worker used the CPU
    orders: frozenset[
        tuple[str, int, int]
    ]  # (what it receives, deliveries, checksum) of each connection that only listens
    waits: list[int]  # nanoseconds
