"""The terminal client."""

import pytest

pytest.register_assert_rewrite("tests.client.bench", "tests.client.peer")
