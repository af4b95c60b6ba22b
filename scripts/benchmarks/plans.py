"""Commands to the workers and their results, as values sent between processes."""

from dataclasses import dataclass

from scripts.benchmarks.address import Address


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """The connections of a scenario, over all workers."""

    address: Address
    people: int
    rooms: int = 1  # users are distributed over them; 0: none
    non_readers: int = 0  # number of users that never read
    at_once: int = 200  # concurrent registrations
    mixed: bool = False  # the users negotiate three different sets of capabilities
    more_addresses: tuple[Address, ...] = ()  # of further nodes; the users of each room are spread over all

    def address_of(self, number: int) -> Address:
        """Return the address that a user connects to."""
        addresses = (self.address, *self.more_addresses)
        return addresses[number // max(self.rooms, 1) % len(addresses)]


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """The number of users that reached the required state or failed; the others timed out."""

    ready: int
    lost: int = 0  # refused, or disconnected before they were ready
    refusal: str = ""  # the most frequent reason


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """The traffic to generate, limited by a window or by a rate."""

    senders: int
    seconds: float
    size: int = 100  # bytes of text
    window: int = 32  # messages in flight per sender
    rate: float = 0.0  # messages per second over all senders; 0: limited by the window
    in_bursts: bool = False  # the next window is sent once all of the previous one has arrived
    recipients: int = 1  # recipients of each message, excluding its sender
    timeout: float = 10.0  # seconds to wait for the last deliveries


@dataclass(frozen=True, slots=True)
class TrafficResult:
    """The measurements of a worker."""

    sent: int
    expected: int  # deliveries at all workers expected from these messages
    deliveries: int
    seconds: float
    cpu_share: float  # CPU time of the worker divided by elapsed time
    checksums: frozenset[tuple[str, int, int]]  # (stream, deliveries, checksum) of each receiver
    latencies: list[int]  # nanoseconds
