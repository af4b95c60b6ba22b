"""The benchmark: every scenario runs against a real server without losses, in one order."""

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.settings import ServerSettings
from scripts.benchmarks import target
from scripts.benchmarks.plans import ConnectionPlan, ConnectResult, TrafficPlan, TrafficResult
from scripts.benchmarks.pool import WorkerLost, WorkerPool
from scripts.benchmarks.scenarios import SCENARIOS, Scale
from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS

ROOT = Path(__file__).parents[2]
BENCH = (sys.executable, "-m", "scripts.benchmarks")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
CLOSED_PORT = 1  # a port without a listener
SMALL = ("--people", "20", "--seconds", "0.5", "--lines", "1000")


def bench(
    *arguments: str | Path, preexec_fn: Callable[[], None] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the benchmark as `scripts/bench` does."""
    return subprocess.run(
        [*BENCH, *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT | variables,
        preexec_fn=preexec_fn,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_is_measured(scenario: str, tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    result = bench("run", scenario, *SMALL, "--json", found)
    assert result.returncode == 0, result.stderr
    (finding,) = json.loads(found.read_text())
    assert finding["scenario"] == scenario
    assert all(value > 0 for figure, value in finding["figures"].items() if figure != "kib_per_connection")
    assert not faults(finding)


def test_the_users_own_settings_do_not_reach_the_server(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    result = bench("run", "idle", *SMALL, "--json", found, CHAT_PASSWORD="secret")
    assert result.returncode == 0, result.stderr
    assert len(json.loads(found.read_text())) == 1, "all users connected without the password"


@pytest.mark.parametrize("people", [20, 3_000, 20_000])
def test_the_servers_limits_allow_all_users_at_once(people: int) -> None:
    settings = ServerSettings.model_validate(target.settings_for(people))
    assert min(settings.max_connections, settings.max_unregistered) > people
    assert settings.max_rooms_per_user > people // 10


def test_a_failed_certificate_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(target, "_make_certificate", lambda folder: folder.joinpath("none").read_text())
    with pytest.raises(FileNotFoundError), target.start_own_server(20, tls=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_start_reports_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "settings_for", lambda people: {"flood_rate": "none"})
    with pytest.raises(target.NotStarted, match="flood_rate"), target.start_own_server(20):
        pass


def test_the_end_of_a_worker_process_is_reported() -> None:
    with WorkerPool(1) as pool:
        (process,) = multiprocessing.active_children()
        process.kill()
        with pytest.raises(WorkerLost):
            pool.count_lost()


def processes_in(folder: Path) -> list[Path]:
    """Return the /proc entries of the processes whose working directory is below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_server_and_no_folder(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*BENCH, "run", "fanout", "--people", "20", "--seconds", "60"],
        cwd=ROOT,
        env=ENVIRONMENT | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        preexec_fn=partial(signal.signal, number, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"fanout, this server ...\n"
        assert len(processes_in(tmp_path)) == 1
        process.send_signal(number)
        assert process.wait(TIMEOUT_SECONDS) == 128 + number
    assert processes_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_every_room_of_the_rooms_scenario_has_ten_users(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    result = bench("run", "rooms", "--people", "25", "--seconds", "0.5", "--json", found)
    assert result.returncode == 0, result.stderr
    (finding,) = json.loads(found.read_text())
    assert finding["figures"]["deliveries"] == 9 * finding["figures"]["messages"]
    assert faults(finding) == ["20 of 25 users took part: every room has 10"]


def test_assembly_sends_all_ten_messages(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    result = bench("run", "assembly", *SMALL, "--json", found)
    assert result.returncode == 0, result.stderr
    (finding,) = json.loads(found.read_text())
    assert finding["figures"]["messages"] == 10


def test_nodes_deliver_everything_in_one_order(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    size = ("--people", "20", "--seconds", "0.5", "--workers", "1")
    result = bench("cluster", "room", "--nodes", "2", *size, "--json", found)
    assert result.returncode == 0, result.stderr
    (finding,) = json.loads(found.read_text())
    assert (finding["scenario"], finding["server"]) == ("room", "2 nodes")
    assert finding["figures"]["messages"] % 320 == 0, "whole bursts"
    assert all(value > 0 for value in finding["figures"].values())
    assert not faults(finding)


@pytest.mark.parametrize("scenario", ["fanout", "history"])
def test_tls_is_compared_with_plain_text(scenario: str, tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    result = bench("run", scenario, "--tls", *SMALL, "--json", found)
    assert result.returncode == 0, result.stderr
    encrypted, plain = json.loads(found.read_text())
    assert (encrypted["server"], plain["server"]) == ("this server with TLS", "this server")
    assert encrypted["figures"].keys() == plain["figures"].keys()
    assert not faults(encrypted)


def faults(finding: dict[str, Any]) -> list[str]:
    """Return the notes about the server, without those about the load generator."""
    return [note for note in finding["notes"] if "was saturated" not in note]


def test_two_servers_are_compared(tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    with Server(tmp_path) as server:
        place = f"127.0.0.1:{server.port},{server.process.pid}"
        options = ("--server", f"one={place}", "--against", f"two={place}", "--chart", chart)
        result = bench("run", "fanout", "--people", "20", "--seconds", "0.5", *options)
    assert result.returncode == 0, result.stderr
    assert all(word in result.stdout for word in ("one", "two", "ratio", "cpu_us_per_delivery"))
    assert ">fanout deliveries_per_second</text>" in chart.read_text()  # printed, not only a tooltip


def test_the_growth_chart_shows_all_sizes_and_loads_nothing(tmp_path: Path) -> None:
    chart = tmp_path / "growth.svg"
    result = bench("growth", "--most", "30", "--seconds", "0.5", "--chart", chart)
    assert result.returncode == 0, result.stderr
    assert "10 users:" in result.stdout
    drawn = chart.read_text()
    assert all(f">{word}<" in drawn for word in ("10", "30", "users in the room", "microseconds"))
    assert "href=" not in drawn


@pytest.mark.parametrize(
    ("scenario", "limits", "count", "why"),
    [
        ("idle", {"max_connections": 15}, "only 15 of 20 got in: 5 were", "Closing link: The server is full"),
        (
            "rooms",
            {"max_rooms_per_user": 1, "auto_join": ""},
            "only 10 of 20 got in: 10 were",
            "Too many rooms were created from your address",
        ),
    ],
)
def test_refused_users_are_counted_with_the_reason(
    scenario: str, limits: dict[str, object], count: str, why: str, tmp_path: Path
) -> None:
    with Server(tmp_path, **limits) as server:
        result = bench("run", scenario, "--people", "20", "--server", f"127.0.0.1:{server.port}")
    assert result.returncode == 1, "nothing was measured"
    assert f'skipped: {count} refused or disconnected ("{why}' in result.stdout


class LosingPool(WorkerPool):
    """A pool without processes; three of its users are disconnected after connecting."""

    def __init__(self) -> None:
        pass

    def connect_all(self, plan: ConnectionPlan, timeout: float) -> ConnectResult:
        return ConnectResult(plan.people)

    def drain(self) -> None:
        pass

    def run_traffic(self, traffic: TrafficPlan) -> list[TrafficResult]:
        return [TrafficResult(1, traffic.recipients, traffic.recipients, 1.0, 0.0, frozenset(), [])]

    def count_lost(self) -> int:
        return 3

    def disconnect_all(self) -> None:
        pass


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "history"])
def test_disconnected_users_are_noted(scenario: str) -> None:
    nowhere = target.parse_target("127.0.0.1:1")
    finding = SCENARIOS[scenario](nowhere, LosingPool(), Scale(20, 1.0))
    assert finding.notes == ["3 users were disconnected"]


class UndeliveredPool(LosingPool):
    """A pool whose messages are never delivered."""

    def run_traffic(self, traffic: TrafficPlan) -> list[TrafficResult]:
        return [TrafficResult(1, traffic.recipients, 0, 0.0, 0.0, frozenset(), [])]


def test_missing_deliveries_are_noted() -> None:
    finding = SCENARIOS["fanout"](target.parse_target("127.0.0.1:1"), UndeliveredPool(), Scale(20, 1.0))
    assert "19 deliveries are missing" in finding.notes


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "fanoot"), "no scenario fanoot; choose from"),
        (("cluster", "idel"), "no scenario idel; choose from"),
        (("run", "idle", "--server", "nonsense"), "nonsense is not a server address"),
        (("run", "idle", "--server", "192.0.2.1:6667"), "192.0.2.1 is not this machine"),
        (("run", "idle", "--tls", "--server", "127.0.0.1:6667"), "cannot be combined with --server"),
        (("run", "idle", "--server", "127.0.0.1:65536"), "127.0.0.1:65536 is not a server address"),
        (("run", "idle", "--server", f"127.0.0.1:{CLOSED_PORT}"), "cannot connect to 127.0.0.1"),
        (("run", "idle", "--server", "a=[::1]:1", "--against", "a=[::1]:2"), "both servers have the label a"),
        (("run", "idle", "--people", "0"), "greater than or equal to 20"),
        (("run", "idle", "--chart", "x.svg"), "a chart compares two servers"),
        (("run", "idle", "--json", "/dev/null/x"), "cannot write /dev/null/x: Not a directory"),
        (("growth", "--chart", "/dev/null/x"), "cannot write /dev/null/x: Not a directory"),
    ],
)
def test_invalid_options_are_refused(arguments: tuple[str, ...], sentence: str) -> None:
    result = bench(*arguments)
    assert result.returncode == 2
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert result.stdout == "", "refused before anything is measured"


def test_more_connections_than_the_system_allows_are_refused() -> None:
    result = bench("run", "idle", preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (500, 500)))
    assert result.returncode == 2
    assert "the limit is 500" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "idle", "--server", "{place},4194305"), "no process 4194305"),
        (("growth", "--chart", "x.svg", "--server", "{place}"), "give the process id"),
    ],
)
def test_cost_needs_the_servers_process(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    with Server(tmp_path) as server:
        result = bench(*(argument.format(place=f"127.0.0.1:{server.port}") for argument in arguments))
    assert result.returncode == 2
    assert sentence in result.stderr
