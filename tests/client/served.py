"""The client's protocol connected to the server's engine, without sockets, threads or clocks."""

from tests.client.harness import ClientHarness
from tests.engine.harness import EngineHarness, HarnessClient


class ServedClient:
    """A client whose lines go to a server, and the reverse, whenever `settle` is called."""

    def __init__(self, bench: EngineHarness, **options: object) -> None:
        self.client = ClientHarness(**options)
        self._bench = bench
        self._connection: HarnessClient | None = None

    def connect(self) -> None:
        """Open a connection and complete what follows from it."""
        self._connection = self._bench.dial(self.client.state.options.nick)
        self.client.connect()
        self.settle()

    def disconnect(self) -> None:
        """Lose the connection, on both sides."""
        assert self._connection is not None
        self._connection.hang_up()
        self._connection = None
        self.client.disconnect()

    def settle(self) -> None:
        """Exchange lines until neither side has anything to say."""
        assert self._connection is not None
        while lines := self._exchange(self._connection):
            self.client.now = self._bench.clock.now()
            self.client.receive(*lines)

    def _exchange(self, connection: HarnessClient) -> list[str]:
        sent = list(self.client.sent)
        self.client.sent.clear()
        connection.send(*sent)
        return connection.heard()
