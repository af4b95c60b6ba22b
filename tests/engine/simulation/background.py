"""Commits that are awaited in the background: a simulation decides when the answer comes."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class DelayedAnswer(Future[Any]):
    """The answer to a commit, which comes when it is asked for."""

    def __init__(self, commit: Callable[[], Any]) -> None:
        super().__init__()
        self._commit = commit

    def come(self) -> None:
        """Commit, unless that was done."""
        if not self.done():
            try:
                self.set_result(self._commit())
            except Exception as error:  # noqa: BLE001 - raised by `result`
                self.set_exception(error)

    def result(self, timeout: float | None = None) -> Any:
        """Let the answer come, and return it."""
        self.come()
        return super().result(timeout)


class BackgroundCommits(Executor):
    """The commit of a node that was sent, if any."""

    def __init__(self) -> None:
        self._last: DelayedAnswer | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether a commit was sent, and its answer has not come."""
        return self._last is not None and not self._last.done()

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        """Await a commit until `answer` is called."""
        self._last = DelayedAnswer(lambda: fn(*arguments, **options))
        return self._last

    def answer(self) -> None:
        """Let the answer come, if one is awaited."""
        if self._last is not None:
            self._last.come()
