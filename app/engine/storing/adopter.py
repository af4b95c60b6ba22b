"""Applies the events that other programs have appended to the log."""

from collections.abc import Sequence

from app.engine.changeset import Changeset, FollowUp
from app.engine.handler import CommandHandler
from app.engine.nodes.conflicts import require_no_conflict
from app.engine.storing.release_queue import ReleaseQueue
from app.engine.storing.unstored import adapt
from app.engine.world.world import World
from app.events import Event


class RemoteEventAdopter:
    """Applies remote events, and keeps what they entail until it can be stored."""

    def __init__(self, world: World, handler: CommandHandler, release_queue: ReleaseQueue) -> None:
        self._world = world
        self._handler = handler
        self._release_queue = release_queue
        self._follow_ups: list[FollowUp] = []  # of events adopted while the log was not open

    @property
    def has_follow_ups(self) -> bool:
        """Whether adopted events entail others, which need an open log."""
        return bool(self._follow_ups)

    def adopt(self, remote_events: Sequence[Event]) -> None:
        """Apply and deliver events of other programs without opening the log.

        They must be all events up to some position of the log, or transient.
        """
        changeset = Changeset(self._world, writable=False)
        for event in remote_events:
            self._handler.apply_remote(changeset, event)
        self._follow_ups += changeset.follow_ups
        self._release_queue.deliver(changeset, [])

    def begin_changeset(self, remote_events: Sequence[Event]) -> Changeset:
        """Return a writable changeset with events of other programs, and all follow-ups."""
        changeset = Changeset(self._world, writable=True)
        for event in remote_events:
            self._handler.apply_remote(changeset, event)
        changeset.adopted_items = len(changeset.plan)
        kept, self._follow_ups = self._follow_ups, []
        changeset.run_follow_ups(kept)
        return changeset

    def check_conflicts(self, remote_events: Sequence[Event], changeset: Changeset) -> None:
        """Check that a changeset that is not stored is still valid after events of other nodes.

        Raises: LogConflict when another node changed what the changeset depends on.
        """
        users = self._world.users_on(self._world.node)
        require_no_conflict(changeset.events, remote_events, {user.session for user in users})

    def put_first(self, remote_events: Sequence[Event], changeset: Changeset) -> None:
        """Insert the events of other programs before those of a changeset that is not stored."""
        adapt(changeset, remote_events, self._handler.revert)
        changeset.insert_adopted(self.begin_changeset(remote_events), remote_events)
