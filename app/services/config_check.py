"""Checks the settings and the database before the server starts, without changing anything."""

from dataclasses import dataclass, field

from app.db.database import Database, parse_database_url
from app.db.location import find_exposure, find_location_problem
from app.db.schema import DatabaseState, require_own_database
from app.errors import ChatError
from app.settings import ResolvedSettings, ServerSettings

OUTCOMES = {
    DatabaseState.MISSING: "will be created on the first start",
    DatabaseState.CURRENT: "is ready",
    DatabaseState.OLDER: "will be backed up and upgraded on the next start",
}


@dataclass(slots=True)
class ConfigReport:
    """The settings files and database checked, and the problems found."""

    source: str | None
    database: str | None = None
    outcome: str | None = None
    problems: list[str] = field(default_factory=list)


def check_config(resolved: ResolvedSettings[ServerSettings]) -> ConfigReport:
    """Return a report on the settings and the database that they configure."""
    problems = [problem.sentence for problem in resolved.problems]
    report = ConfigReport(", ".join(map(str, resolved.files)) or None, problems=problems)
    try:
        _check_database(Database(parse_database_url(resolved.values.dbname)), report)
    except ChatError as error:
        report.problems.append(error.sentence)
    return report


def _check_database(database: Database, report: ConfigReport) -> None:
    report.database = str(database)
    try:
        if fault := find_location_problem(database):
            report.problems.append(fault)
        else:
            report.outcome = OUTCOMES[require_own_database(database)[0]]
            if exposure := find_exposure(database):
                report.problems.append(exposure)
    finally:
        database.close()
