"""Looking a set-up over before anything is started; nothing is created or changed."""

from dataclasses import dataclass, field

from app.db.database import Database, parse_database_url
from app.db.place import find_location_problem
from app.db.schema import DatabaseState, require_own_database
from app.errors import ChatError
from app.settings import ServerSettings, Survey

OUTCOMES = {
    DatabaseState.MISSING: "is created on the first start",
    DatabaseState.CURRENT: "is ready",
    DatabaseState.OLDER: "is upgraded on the next start, after a copy was set aside",
}


@dataclass(slots=True)
class ConfigReport:
    """What was looked at and everything that is wrong with it."""

    source: str | None
    database: str | None = None
    outcome: str | None = None
    problems: list[str] = field(default_factory=list)


def check_config(survey: Survey[ServerSettings]) -> ConfigReport:
    """Look at the settings and at the database they name."""
    problems = [problem.sentence for problem in survey.problems]
    report = ConfigReport(str(survey.source) if survey.source else None, problems=problems)
    try:
        _check_database(Database(parse_database_url(survey.values.dbname)), report)
    except ChatError as error:
        report.problems.append(error.sentence)
    return report


def _check_database(database: Database, report: ConfigReport) -> None:
    """Add to the report what is found where the database should be."""
    report.database = str(database)
    try:
        if fault := find_location_problem(database):
            report.problems.append(fault)
        else:
            report.outcome = OUTCOMES[require_own_database(database)[0]]
    finally:
        database.close()
