"""The metrics port tells a live process from one that can write its log."""

from pathlib import Path

from tests.process.monitored_server import authorization, request, request_json
from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS
from tests.process.storage.test_outage import full, locked
from tests.waiting import eventually


def is_ready(server: Server) -> bool:
    """Return whether the server reports that it is ready."""
    return request_json(server, "/readyz")[0] == 200


def reasons(server: Server) -> str:
    """Return why the server is not ready."""
    status, body = request_json(server, "/readyz")
    assert (status, body["ready"]) == (503 if body["reasons"] else 200, not body["reasons"])
    return " ".join(body["reasons"])


def test_readiness_follows_the_storage_and_liveness_does_not(tmp_path: Path) -> None:
    with Server(tmp_path, metrics_port=0) as server:
        alice = server.connect("alice")
        assert request_json(server, "/healthz") == (200, {"alive": True})
        status, body = request_json(server, "/readyz")
        assert (status, body["reasons"], body["outage_seconds"]) == (200, [], None)
        assert body["free_bytes"] > 0
        assert body["last_commit"].endswith("Z")
        for outage, word in ((locked, "locked"), (full, "disk")):
            with outage(server):
                alice.send("PRIVMSG #general :hello")
                eventually(lambda: "failed for" in reasons(server), TIMEOUT_SECONDS)
                assert word in reasons(server)
                assert request_json(server, "/healthz")[0] == 200
                assert "chat_ready 0.0" in request(server, "/metrics")[1]
            eventually(lambda: is_ready(server), TIMEOUT_SECONDS)
        moved = server.database.rename(tmp_path / "moved.db")
        eventually(lambda: "removed or renamed" in reasons(server), TIMEOUT_SECONDS)
        moved.rename(server.database)
        eventually(lambda: is_ready(server), TIMEOUT_SECONDS)


def test_top_shows_figures_to_readers_of_the_database_only(tmp_path: Path) -> None:
    with Server(tmp_path, metrics_port=0, auto_join="") as server:
        slow = server.connect("slow", receive_buffer=4096)
        alice = server.connect("alice")
        for peer in (alice, slow):
            peer.send("JOIN #tea")
            peer.fence()
        token = authorization(server)
        request_json(server, "/top", Authorization=token)
        alice.send(*(f"PRIVMSG #tea :{'x' * 400}" for _ in range(15_000)))
        alice.fence()
        status, figures = request_json(server, "/top", Authorization=token)
        assert (status, figures["connections"], figures["users"], figures["rooms"]) == (200, 2, 2, 1)
        assert figures["messages"] == 15_000
        assert figures["busiest_rooms"][0]["name"] == "#tea"
        (client,) = figures["slowest_clients"]
        assert client["nick"] == "slow"
        assert client["bytes"] > 100_000
        assert "127.0.0.1" not in str(figures)
        alice.send("MODE #tea +s")
        alice.fence()
        (busiest,) = request_json(server, "/top", Authorization=token)[1]["busiest_rooms"]
        assert busiest["name"] is None
        assert request(server, "/top", Authorization=token, Host="chat.example.org")[0] == 403
        for stranger in ({}, {"Authorization": f"{token[:-1]}x"}):
            assert request(server, "/top", **stranger) == (401, "Unauthorized\n")
