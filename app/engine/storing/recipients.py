"""The clients for whom something waits in a batch, found without searching its plan for each."""

from collections.abc import Iterable

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.submission_unit import SubmissionUnit

MAX_COPIED_CLIENTS = 16  # larger audiences are referenced


class Recipients:
    """The clients that plans address and units answer, as a set and the large audiences."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._audiences: set[Audience] = set()

    def __contains__(self, client: Client) -> bool:
        return client in self._clients or any(client in audience.clients for audience in self._audiences)

    def add(self, plan: Plan, units: Iterable[SubmissionUnit]) -> None:
        """Add those whom a plan addresses, and those who wait for units."""
        self._clients.update(unit.client for unit in units)
        previous: Audience | None = None
        for item in plan:
            if not isinstance(item, Broadcast):
                self._clients.add(item.client)
                continue
            if item.author is not None:
                self._clients.add(item.author)
            if item.audience is not previous:
                self._add_audience(item.audience, previous)
                previous = item.audience

    def _add_audience(self, audience: Audience, previous: Audience | None) -> None:
        if previous is not None and audience.base is previous:
            self._clients |= audience.added
        elif len(audience.clients) <= MAX_COPIED_CLIENTS:
            self._clients |= audience.clients
        else:
            self._audiences.add(audience)
