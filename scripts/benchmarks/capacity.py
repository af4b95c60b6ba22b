"""A model of the capacity of several nodes on one log, and a simulation that it is checked against.

A node is one thread. In turn, it delivers what others have appended, takes the lock of the log,
stores all messages that wait, releases it and delivers them. So storing is serialised over all
nodes, and delivering is not. Under load batches grow, and their fixed cost no longer matters.
"""

import heapq
import random
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CapacityModel:
    """The coefficients, in seconds."""

    batch: float  # for which the lock is held, whatever is stored
    message: float  # for which the lock is held, for each message: decide and store
    read: float  # to read and apply a message of another node
    encode: float  # to encode a message, on each node with members of the room
    delivery: float  # to deliver a message to one member
    max_batch: int = 2_000  # messages; a batch of the server ends after a quarter of a second

    def delivering(self, nodes: int, people: int) -> float:
        """Return the time that one message takes on each node, outside of the lock.

        `people` is the number of members of its room in all, spread over the nodes.
        """
        return self.encode + self.delivery * people / nodes

    def max_rate(self, nodes: int, people: int) -> float:
        """Return the number of messages a second that all nodes together can store and deliver."""
        return min(self.log_limit, self.node_limit(nodes, people))

    @property
    def log_limit(self) -> float:
        """The number of messages a second at which the lock is always held."""
        return 1 / (self.message + self.batch / self.max_batch)

    def node_limit(self, nodes: int, people: int) -> float:
        """Return the number of messages a second at which each node is always busy."""
        own = self.message + self.batch / self.max_batch
        return nodes / (own + (nodes - 1) * self.read + nodes * self.delivering(nodes, people))

    def turn(self, nodes: int, people: int, rate: float) -> float:
        """Return the time from one batch of a node to its next, under a load of messages a second.

        Raises: ValueError if the load exceeds the capacity.
        """
        if rate >= self.max_rate(nodes, people):
            raise ValueError(f"{rate:g} messages a second exceed the capacity")
        by_log = nodes * self.batch / (1 - rate * self.message)
        return max(by_log, self.batch / (1 - rate / self.node_limit(nodes, people)))

    def latency(self, nodes: int, people: int, rate: float) -> float:
        """Return the mean time until a message is stored, if batches have several messages.

        It waits for half a turn of its node, and then for its batch.

        Raises: ValueError if the load exceeds the capacity.
        """
        turn = self.turn(nodes, people, rate)
        return turn / 2 + self.batch + rate / nodes * turn * self.message


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """What a simulation measured."""

    rate: float  # messages stored and delivered per second
    latency: float  # mean seconds from sending until the batch is committed


class _Node:
    def __init__(self) -> None:
        self.waiting: deque[float] = deque()  # times at which the messages that wait were sent
        self.position = 0  # in the log
        self.next_arrival = 0.0


def simulate(
    model: CapacityModel, nodes: int, people: int, rate: float, seconds: float, seed: int
) -> SimulatedRun:
    """Simulate nodes on one log, to which messages arrive at random times at a rate per second."""
    chance = random.Random(seed)
    cluster = [_Node() for _ in range(nodes)]
    turns = [(0.0, number) for number in range(nodes)]  # when each node next acts
    lock_free_at, log_end = 0.0, 0
    latencies: list[float] = []
    while turns and turns[0][0] < seconds:
        now, number = heapq.heappop(turns)
        node = cluster[number]
        start = max(now, lock_free_at)  # it waits for the lock, while further messages arrive
        _arrive(node, start, rate / nodes, chance)
        others = log_end - node.position
        if not node.waiting:
            spent = others * (model.read + model.delivering(nodes, people))
            node.position = log_end
            heapq.heappush(turns, (max(now + spent, node.next_arrival), number))
            continue
        own = min(len(node.waiting), model.max_batch)
        lock_free_at = start + model.batch + own * model.message
        latencies += [lock_free_at - node.waiting.popleft() for _ in range(own)]
        log_end += own
        node.position = log_end
        spent = others * model.read + (others + own) * model.delivering(nodes, people)
        heapq.heappush(turns, (lock_free_at + spent, number))
    return SimulatedRun(len(latencies) / seconds, sum(latencies) / max(len(latencies), 1))


def _arrive(node: _Node, until: float, rate: float, chance: random.Random) -> None:
    """Let the messages arrive that are sent to a node until a time."""
    while node.next_arrival <= until:
        node.waiting.append(node.next_arrival)
        node.next_arrival += chance.expovariate(rate)
