"""Health: whether the process is alive, and whether it is ready, so that it can write the log."""

from dataclasses import asdict, dataclass
from http import HTTPStatus

from app.clock import Clock, to_iso_or_none
from app.db.database import Database
from app.db.location import find_free_bytes
from app.db.sqlite.files import WAL_SIZE_LIMIT_BYTES
from app.engine.engine import Engine
from app.engine.monitoring.engine_status import EngineStatus
from app.net.monitoring.route import Reply, json_reply

MIN_FREE_BYTES = WAL_SIZE_LIMIT_BYTES  # the write-ahead log alone may grow by this much


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether clients should connect here, because the log can be written.

    Seconds are None if there is no outage, or no commit yet.
    """

    ready: bool
    reasons: list[str]
    last_commit: str | None
    outage_seconds: float | None
    free_bytes: int | None


class Health:
    """Answers `/healthz` and `/readyz`."""

    def __init__(self, engine: Engine, database: Database, clock: Clock) -> None:
        self._engine = engine
        self._database = database
        self._clock = clock

    def readiness(self) -> Readiness:
        """Return whether clients should connect here, and every reason why not."""
        status = self._engine.status()
        free = self._find_free_bytes()
        reasons = _find_reasons(status, free)
        return Readiness(
            ready=not reasons,
            reasons=reasons,
            last_commit=to_iso_or_none(self.last_commit(status)),
            outage_seconds=None if status.outage_seconds is None else round(status.outage_seconds, 1),
            free_bytes=free,
        )

    def last_commit(self, status: EngineStatus) -> int | None:
        """Return the instant of the last commit, or None before the first."""
        seconds = status.commit_seconds
        return None if seconds is None else self._clock.now() - int(seconds * 1000)

    def _find_free_bytes(self) -> int | None:
        try:
            return find_free_bytes(self._database)
        except OSError:
            return None  # the folder is gone, which is an outage

    def reply(self) -> Reply:
        """Return the readiness as an HTTP response."""
        readiness = self.readiness()
        status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return json_reply(asdict(readiness), status)


def _find_reasons(status: EngineStatus, free_bytes: int | None) -> list[str]:
    reasons = status.problems
    if free_bytes is not None and free_bytes < MIN_FREE_BYTES:
        reasons.append(f"The disk is almost full: {free_bytes >> 20} MiB are free.")
    if status.is_draining:
        reasons.append("The server is being drained: it accepts no more connections.")
    return reasons


def reply_alive() -> Reply:
    """Return that the process is alive."""
    return json_reply({"alive": True})


def reply_starting() -> Reply:
    """Return that the server is not ready yet."""
    return json_reply(
        {"ready": False, "reasons": ["The server is starting."]}, HTTPStatus.SERVICE_UNAVAILABLE
    )
