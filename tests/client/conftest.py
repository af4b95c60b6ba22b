"""The engine harness, for tests in which the client's protocol talks to the server's engine."""

from tests.engine.conftest import bench, make_bench

__all__ = ["bench", "make_bench"]
