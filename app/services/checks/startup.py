"""Checks the settings and the database before the server starts, without changing anything."""

from dataclasses import dataclass, field

from app.db.database import Database, parse_database_url
from app.errors import ChatError
from app.services.checks.configuration import check_settings
from app.services.checks.database import OUTCOMES, check_exposure, check_state
from app.settings import ResolvedSettings, ServerSettings


@dataclass(slots=True)
class ConfigReport:
    """The settings files and database checked, and the problems found."""

    source: str | None
    database: str | None = None
    outcome: str | None = None
    problems: list[str] = field(default_factory=list)


def check_config(resolved: ResolvedSettings[ServerSettings]) -> ConfigReport:
    """Return a report on the settings and the database that they configure."""
    problems = [finding.problem for finding in check_settings(resolved).findings]
    report = ConfigReport(", ".join(map(str, resolved.files)) or None, problems=problems)
    try:
        _check_database(Database(parse_database_url(resolved.values.dbname)), report)
    except ChatError as error:
        report.problems.append(error.sentence)
    return report


def _check_database(database: Database, report: ConfigReport) -> None:
    report.database = str(database)
    try:
        result, state = check_state(database)
        findings = [*result.findings]
        if state is not None:
            report.outcome = OUTCOMES[state]
            findings += check_exposure(database)
        report.problems += [finding.sentence for finding in findings]
    finally:
        database.close()
