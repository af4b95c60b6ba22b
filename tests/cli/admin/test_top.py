"""chat-admin top: what it computes from two samples, and how it draws that."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from rich.cells import cell_len
from rich.console import Console

from app.cli.admin.metrics_client import TopClient, find_token
from app.cli.admin.top.rates import ServerActivity, compute_activity
from app.cli.admin.top.view import draw_activity
from app.services.secrets import TOP_TOKEN, get_or_create_secret
from tests.cli.conftest import Admin
from tests.story import Story

MANUAL = Path(__file__).parents[3] / "docs" / "admin.md"
BOUNDS = [0.001, 0.01, 0.1]
READY = {"ready": True, "reasons": [], "last_commit": "2026-11-29T12:00:05.000Z", "free_bytes": 5 << 30}


def sample(seconds: float, *buckets: int, **figures: object) -> dict[str, Any]:
    """Return figures as the server sends them, `seconds` after its start."""
    counts = list(buckets or (0, 0, 0))
    return {
        "version": "durable-chat-1",
        "time": "2026-11-29T12:00:05.123Z",
        "uptime_seconds": seconds,
        "readiness": READY,
        **dict.fromkeys(("connections", "users", "rooms", "waiting_units", "outbox_bytes"), 0),
        **dict.fromkeys(("messages", "events", "deliveries", "evictions", "failed_commits"), 0),
        "batches": counts[-1],
        "commit_seconds": 0.0,
        "commit_bounds": BOUNDS,
        "commit_buckets": counts,
        "slowest_clients": [],
        "busiest_rooms": [],
    } | figures


def test_rates_are_differences_over_the_time_of_the_server() -> None:
    before = sample(10, 5, 5, 5, messages=100, events=200, deliveries=1_000, commit_seconds=1.0)
    after = sample(12, 5, 9, 9, messages=150, events=260, deliveries=3_000, commit_seconds=1.02)
    activity = compute_activity(before, after)
    assert (activity.messages_per_second, activity.events_per_second) == (25, 30)
    assert (activity.deliveries_per_second, activity.batches_per_second) == (1_000, 2)
    assert (activity.events_per_batch, activity.commit_seconds_mean) == (15, 0.005)
    assert activity.commit_seconds_p99 == 0.01


def test_without_commits_there_are_no_averages() -> None:
    for activity in (compute_activity(sample(1), sample(2)), compute_activity(sample(1), sample(1))):
        assert activity.messages_per_second == 0
        assert activity.events_per_batch is None
        assert activity.commit_seconds_mean is None
        assert activity.commit_seconds_p99 is None


def test_after_a_restart_rates_start_again() -> None:
    activity = compute_activity(sample(900, 9, 9, 9, messages=5_000), sample(2, 1, 1, 1, messages=4))
    assert (activity.messages_per_second, activity.commit_seconds_p99) == (2, 0.001)


@pytest.mark.parametrize(
    ("buckets", "bound"), [((99, 100, 100), 0.001), ((98, 100, 100), 0.01), ((0, 0, 0), 0.1)]
)
def test_the_percentile_is_the_bound_of_its_bucket(buckets: tuple[int, ...], bound: float) -> None:
    assert compute_activity(sample(0), sample(1, *buckets, batches=100)).commit_seconds_p99 == bound


def drawn(width: int, problem: str | None = None, **figures: object) -> list[str]:
    """Return the lines of the view at a width."""
    activity = compute_activity(sample(0), sample(3_600, 9, 9, 9, **figures))
    console = Console(file=StringIO(), width=width, color_system=None, _environ={})
    with console.capture() as captured:
        console.print(draw_activity(activity, "http://127.0.0.1:9667", width, problem))
    return captured.get().splitlines()


BUSY = {
    "slowest_clients": [{"nick": "anna", "bytes": 3 << 20}, {"nick": None, "bytes": 9}],
    "busiest_rooms": [
        {"name": f"#{'очень-длинное-имя-' * 4}{number}", "members": 12_000, "messages_per_second": 99.5}
        for number in range(4)
    ]
    + [{"name": None, "members": 2, "messages_per_second": 0.5}],
}


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (64, 24), (40, 40), (20, 60)])
def test_the_view_fits_its_terminal(width: int, height: int) -> None:
    lines = drawn(width, **BUSY)
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width


def test_the_view_names_everything_it_knows() -> None:
    text = "\n".join(drawn(120, connections=1_234, outbox_bytes=20_000, **BUSY))
    for words in (
        "ready",
        "up 1:00:00",
        "1,234",
        "19 KiB",
        "anna",
        "3,072 KiB",
        "(not registered)",
        "(secret)",
    ):
        assert words in text, words


def test_what_is_wrong_is_shown_and_cannot_control_the_terminal() -> None:
    readiness = READY | {"ready": False, "reasons": ["The database fails: \x1b[2J."]}
    rooms = [{"name": "#a\u202eb[red]", "members": 1, "messages_per_second": 1.0}]
    text = "\n".join(drawn(80, "Cannot read it.", readiness=readiness, busiest_rooms=rooms))
    assert "not ready" in text
    assert "The database fails: " in text
    assert "Cannot read it." in text
    assert "[red]" in text
    assert not set(text) & {"\x1b", "\u202e"}


class FakeMetricsPort(BaseHTTPRequestHandler):
    """Answers every request in the same way."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    authorization: ClassVar[str | None] = None  # required of requests, if any

    def do_GET(self) -> None:
        """Send the answer."""
        is_allowed = self.authorization in (None, self.headers["Authorization"])
        self.send_response(self.status if is_allowed else 401)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a program that is not a chat server."""
    server = HTTPServer(("127.0.0.1", 0), FakeMetricsPort)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"hello", "Cannot read"),
        (200, b"{}", "is not the metrics port of a chat server"),
        (200, b"[1]", "is not the metrics port of a chat server"),
        (403, b"", "only to its own machine"),
        (503, b"", "starting or busy"),
        (404, b"", "answers with 404"),
    ],
)
def test_another_program_is_told_from_a_chat_server(
    admin: Admin, port: int, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, words: str
) -> None:
    monkeypatch.setattr(FakeMetricsPort, "status", status)
    monkeypatch.setattr(FakeMetricsPort, "body", body)
    ended = admin("top", "--once", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_without_its_database_the_server_shows_nothing(
    admin: Admin, port: int, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(FakeMetricsPort, "status", 401)
    ended = admin("top", "--once", "--port", str(port))
    assert (ended.code, ended.out) == (5, "")
    assert "chat.db does not exist yet" in ended.err
    assert list(folder.iterdir()) == []


def test_a_server_on_another_database_is_explained(
    admin: Admin, port: int, monkeypatch: pytest.MonkeyPatch, chat: Story
) -> None:
    monkeypatch.setattr(FakeMetricsPort, "status", 401)
    ended = admin("top", "--once", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert "runs on another database. Name that database with -d." in ended.err


def test_the_token_is_read_once_the_server_asks_for_it(
    port: int, monkeypatch: pytest.MonkeyPatch, chat: Story
) -> None:
    with chat.database.locked() as connection:
        token = get_or_create_secret(connection, chat.clock, TOP_TOKEN).hex()
    monkeypatch.setattr(FakeMetricsPort, "authorization", f"Bearer {token}")
    monkeypatch.setattr(FakeMetricsPort, "body", json.dumps(sample(1)).encode())
    client = TopClient(f"http://127.0.0.1:{port}", lambda: find_token(chat.database))
    assert client.fetch() == client.fetch() == sample(1)


def test_a_metrics_port_that_is_off_or_unknown_is_explained(admin: Admin, folder: Path) -> None:
    settings = folder / "serverSetup.json"
    settings.write_text("{}")
    assert "The metrics port is off. Set metrics_port" in admin("top", "--once").err
    settings.write_text('{"metrics_port": 0}')
    assert "Name it with --port" in admin("top", "--once").err
    settings.write_text(json.dumps({"metrics_port": 9, "metrics_ip": "::"}))
    ended = admin("top", "--once")
    assert (ended.code, ended.out) == (1, "")
    assert "Cannot read http://[::1]:9/top (" in ended.err


def test_the_live_view_needs_a_terminal(admin: Admin) -> None:
    ended = admin("top", "--port", "9")
    assert (ended.code, ended.out) == (2, "")
    assert "Use --once" in ended.err


def test_the_manual_shows_the_view_and_members_of_the_json() -> None:
    section = MANUAL.read_text(encoding="utf-8").partition("### `chat-admin top`")[2].partition("\n### ")[0]
    members = re.findall(r"\w+", section.partition("jq '{")[2].partition("}")[0])
    assert members
    assert set(members) <= {field.name for field in fields(ServerActivity)}
    for line in drawn(80, **BUSY)[2:12]:
        for label in re.findall(r"[a-z][a-z/ ]+[a-z/]", line):
            assert label in section, label
