"""The exported metrics, the page that explains them and the dashboard that shows them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from app.net.monitoring.health import Health
from app.net.monitoring.metrics import ServerCollector
from app.net.monitoring.node_metrics import NodeCollector
from app.net.send.flusher_pool import FlusherPool
from app.services.nodes.membership import Membership, NodeProfile
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness

ROOT = Path(__file__).parents[1]
DASHBOARD = ROOT / "contrib" / "grafana" / "durable-chat.json"
NOT_SHOWN = {
    "process_virtual_memory_bytes",
    *(f"chat_{name}_seconds_{part}" for name in ("commit", "log_open") for part in ("sum", "count")),
}
GRID_COLUMNS = 24


@pytest.fixture
def exported(tmp_path: Path, clock: MovedClock) -> Iterator[set[str]]:
    """The names of all samples that a server exports."""
    bench = EngineHarness.fresh(tmp_path / "chat.db", clock)
    core = bench.core
    registry = CollectorRegistry()
    flushers = FlusherPool(0, clock, use_io_uring=False)
    registry.register(
        ServerCollector(core.engine, flushers, Health(core.engine, bench.database, clock), "1", {})
    )
    registry.register(NodeCollector(core.engine))
    bench.dial("alice").send("NICK alice", "USER alice 0 * :Alice")
    profile = NodeProfile("main", "1", {}, 10)
    core.runtime.ledger.membership = Membership(profile, clock, lambda connection: clock.now())
    ProcessCollector(registry=registry)
    yield {sample.name for family in registry.collect() for sample in family.samples}
    bench.close()


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard."""
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def shown() -> set[str]:
    """Return the names of the metrics that the dashboard queries."""
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    return {name for query in queries for name in re.findall(r"\b(?:chat|process)_\w+", query)}


def test_the_dashboard_shows_every_metric_and_no_other(exported: set[str]) -> None:
    assert shown() - exported == set()
    assert exported - shown() == NOT_SHOWN


def test_the_dashboard_chooses_its_servers_by_an_exported_metric(exported: set[str]) -> None:
    variables = json.loads(DASHBOARD.read_text(encoding="utf-8"))["templating"]["list"]
    (query,) = [variable["query"] for variable in variables if variable["type"] == "query"]
    assert re.findall(r"\bchat_\w+", query) == ["chat_ready"]
    assert "chat_ready" in exported
    assert all("$instance" in target["expr"] for panel in panels() for target in panel["targets"])


def test_no_two_panels_of_the_dashboard_overlap() -> None:
    places = [panel["gridPos"] for panel in panels()]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < GRID_COLUMNS
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_every_metric_is_on_the_page_and_nothing_else(exported: set[str]) -> None:
    page = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    table = page.partition("| metric | meaning |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(chat_\w+)`", table))
    histograms = {re.sub("_(bucket|count|sum)$", "", name) for name in exported}
    assert named == {name for name in histograms if name.startswith("chat_")}
