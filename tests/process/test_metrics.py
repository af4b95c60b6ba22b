"""The metrics endpoint serves the server's measurements at the configured address."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.process.monitored_server import request
from tests.process.server_process import Server


def metrics(server: Server) -> dict[str, float]:
    """Return the unlabelled samples by name, including the count and sum of each histogram."""
    families = text_string_to_metric_families(request(server, "/metrics")[1])
    return {
        sample.name: sample.value for family in families for sample in family.samples if not sample.labels
    }


def test_connections_messages_and_commits_are_counted(tmp_path: Path) -> None:
    with Server(tmp_path, metrics_port=0, auto_join="") as server:
        anna, bob = server.connect("anna"), server.connect("bob")
        for peer in (anna, bob):
            peer.send("JOIN #tea")
            peer.fence()
        before = metrics(server)
        anna.send(*(f"PRIVMSG #tea :{number}" for number in range(10)))
        anna.fence()
        after = metrics(server)
    assert before["chat_connections"] == before["chat_people"] == 2
    assert before["chat_rooms"] == 1
    assert after["chat_batch_events_sum"] - before["chat_batch_events_sum"] == 10
    assert after["chat_batch_events_count"] == after["chat_commit_seconds_count"] > 0
    assert after["chat_messages_total"] - before["chat_messages_total"] == 10
    assert after["chat_deliveries_total"] - before["chat_deliveries_total"] >= 10
    assert after["chat_evictions_total"] == after["chat_failed_commits_total"] == 0
