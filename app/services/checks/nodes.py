"""Checks of the nodes: the servers that share a PostgreSQL database."""

from collections.abc import Iterator, Sequence

from app.services.checks.finding import CheckResult, Finding
from app.services.nodes.nodes import NodeStatus
from app.settings import ServerSettings
from app.text.counts import count_of

MAX_LAG_EVENTS = 10_000  # a node reports its position only when it renews its lease


def check_nodes(nodes: Sequence[NodeStatus], settings: ServerSettings) -> CheckResult:
    """Check the leases, the versions and the lag of all nodes, and the name of this one."""
    findings = [
        *_find_expired(nodes),
        *_find_versions(nodes),
        *_find_lag(nodes),
        *_find_default_name(nodes, settings.node),
    ]
    return CheckResult("nodes", ", ".join(node.name for node in nodes) or "none is running", findings)


def _find_expired(nodes: Sequence[NodeStatus]) -> Iterator[Finding]:
    for node in nodes:
        if node.lease < 0:
            yield Finding(
                f"The lease of the node {node.name} expired {-node.lease} s ago, and no other node has ended its "
                "sessions.",
                f"Start {node.name} again, or another node: it ends them within seconds.",
            )


def _find_versions(nodes: Sequence[NodeStatus]) -> Iterator[Finding]:
    if len({node.version for node in nodes}) > 1:
        versions = ", ".join(f"{node.name} {node.version}" for node in nodes)
        yield Finding(
            f"The nodes run different versions: {versions}.",
            "Finish the upgrade, one node after the other (docs/upgrading.md).",
        )


def _find_lag(nodes: Sequence[NodeStatus]) -> Iterator[Finding]:
    for node in nodes:
        if node.lease >= 0 and node.lag > MAX_LAG_EVENTS:
            yield Finding(
                f"The node {node.name} has not applied the last {count_of(node.lag, 'event')} of the log.",
                "See its log and its CPU time: it is overloaded, or its connection to the database is slow.",
            )


def _find_default_name(nodes: Sequence[NodeStatus], name: str) -> Iterator[Finding]:
    default = ServerSettings.model_fields["node"].default
    if name == default and any(node.name != default for node in nodes):
        yield Finding(
            f"The setting node is {name!r}, as on every server without it, but several servers share this "
            "database.",
            "Give each server its own name, for example CHAT_NODE=chat-1.",
        )
