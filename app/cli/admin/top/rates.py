"""What happened between two samples of the server's figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]
PERCENTILE = 0.99
COUNTERS = ("messages", "events", "batches", "deliveries", "commit_seconds")


@dataclass(frozen=True, slots=True)
class ServerActivity:
    """Rates per second between two samples, and values of the later one.

    Averages are None without a commit. `commit_seconds_p99` is an upper bound: 99% of the commits
    took at most as long; the last bound stands for every longer time.
    """

    version: str
    time: str
    uptime_seconds: float
    ready: bool
    reasons: Sequence[str]
    last_commit: str | None
    free_bytes: int | None
    connections: int
    users: int
    rooms: int
    waiting_units: int
    outbox_bytes: int
    evictions: int
    failed_commits: int
    messages_per_second: float
    events_per_second: float
    deliveries_per_second: float
    batches_per_second: float
    events_per_batch: float | None
    commit_seconds_mean: float | None
    commit_seconds_p99: float | None
    slowest_clients: Sequence[Mapping[str, Any]]
    busiest_rooms: Sequence[Mapping[str, Any]]


def compute_activity(before: Figures, after: Figures) -> ServerActivity:
    """Return the activity between two samples of one server, or since its start if it restarted."""
    if not is_same_server(before, after):
        before = _at_start(after)
    seconds = after["uptime_seconds"] - before["uptime_seconds"]
    messages, events, batches, deliveries, commit_seconds = (after[name] - before[name] for name in COUNTERS)
    readiness = after["readiness"]
    return ServerActivity(
        version=after["version"],
        time=after["time"],
        uptime_seconds=after["uptime_seconds"],
        ready=readiness["ready"],
        reasons=readiness["reasons"],
        last_commit=readiness["last_commit"],
        free_bytes=readiness["free_bytes"],
        connections=after["connections"],
        users=after["users"],
        rooms=after["rooms"],
        waiting_units=after["waiting_units"],
        outbox_bytes=after["outbox_bytes"],
        evictions=after["evictions"],
        failed_commits=after["failed_commits"],
        messages_per_second=_divide(messages, seconds) or 0.0,
        events_per_second=_divide(events, seconds) or 0.0,
        deliveries_per_second=_divide(deliveries, seconds) or 0.0,
        batches_per_second=_divide(batches, seconds) or 0.0,
        events_per_batch=_divide(events, batches),
        commit_seconds_mean=_divide(commit_seconds, batches),
        commit_seconds_p99=_find_percentile(before, after),
        slowest_clients=after["slowest_clients"],
        busiest_rooms=after["busiest_rooms"],
    )


def is_same_server(before: Figures, after: Figures) -> bool:
    """Return whether both samples are from one run of the server, in order."""
    return bool(before["uptime_seconds"] <= after["uptime_seconds"] and before["batches"] <= after["batches"])


def _at_start(figures: Figures) -> dict[str, Any]:
    """Return a sample of the same server when it started."""
    zeros = dict.fromkeys([*COUNTERS, "uptime_seconds"], 0)
    return zeros | {"commit_buckets": [0] * len(figures["commit_buckets"])}


def _divide(amount: float, parts: float) -> float | None:
    return round(amount / parts, 6) if parts > 0 else None


def _find_percentile(before: Figures, after: Figures) -> float | None:
    """Return the bound of the bucket that holds the percentile of the commits in between."""
    batches = after["batches"] - before["batches"]
    if batches <= 0:
        return None
    bounds: Sequence[float] = after["commit_bounds"]
    pairs = zip(after["commit_buckets"], before["commit_buckets"], strict=True)
    for bound, (later, earlier) in zip(bounds, pairs, strict=True):
        if later - earlier >= PERCENTILE * batches:
            return bound
    return bounds[-1]
