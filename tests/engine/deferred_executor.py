"""An executor whose calls wait until the test runs them, or their result is needed."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class DeferredCall(Future[Any]):
    """A call that runs when the test says so, or when its result is needed."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call

    def run(self) -> None:
        """Run the call unless it has run."""
        if not self.done():
            try:
                self.set_result(self._call())
            except Exception as error:  # noqa: BLE001 - raised by `result`
                self.set_exception(error)

    def result(self, timeout: float | None = None) -> Any:
        """Run the call if it has not run; return its result, or raise its exception."""
        self.run()
        return super().result(timeout)


class DeferredExecutor(Executor):
    """Keeps calls until `run` is called."""

    def __init__(self) -> None:
        self._calls: list[DeferredCall] = []

    @property
    def waiting(self) -> int:
        """The number of calls that have not run."""
        return sum(not call.done() for call in self._calls)

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **options: Any) -> DeferredCall:
        """Add a call."""
        self._calls = [earlier for earlier in self._calls if not earlier.done()]
        self._calls.append(DeferredCall(lambda: call(*arguments, **options)))
        return self._calls[-1]

    def run(self) -> None:
        """Run the oldest call that has not run."""
        next(call for call in self._calls if not call.done()).run()
