"""All checks together, on both databases, with what a running server says."""

from app.clock import Clock
from app.db.database import Database
from app.services.checks.doctor import Installation, RunningServer, examine
from app.services.checks.finding import Finding
from app.settings import SERVER, resolve
from tests.conftest import MovedClock
from tests.story import Story


def found(database: Database, clock: Clock, running: RunningServer | None) -> dict[str, list[Finding]]:
    """Return the findings of each check."""
    resolved = resolve(SERVER, flags={"metrics_port": 9667}, environment={}, folders=[])
    installation = Installation(resolved, database, clock, None, running, lambda: None)
    return {result.name: list(result.findings) for result in examine(installation)}


def test_a_sound_installation_on_either_database_lacks_only_a_backup(database: Database) -> None:
    Story(database, Clock()).create_room("#tea")
    results = found(database, Clock(), None)
    expected = ["backups", *["postgresql"] * database.dialect.has_nodes]  # the one of the tests has no fsync
    assert [name for name, findings in results.items() if findings and name != "clock"] == expected
    assert "server" not in results


def test_what_the_running_server_says_is_a_finding(database: Database, clock: MovedClock) -> None:
    Story(database, clock).create_room("#tea")
    reason = "The database has failed for 7 s: database is locked."
    results = found(database, clock, RunningServer("durable-chat-0.0.1", [reason]))
    assert [finding.problem for finding in results["server"]] == [reason]
    assert "Restart the server." in [finding.advice for finding in results["version"]]


def test_a_clock_set_back_is_found_by_the_log(database: Database, clock: MovedClock) -> None:
    Story(database, clock).create_room("#tea")
    clock.instant -= 3_600_000
    assert "new messages get times after the former" in found(database, clock, None)["clock"][0].problem
