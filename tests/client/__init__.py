"""Tests of the terminal client."""

import pytest

pytest.register_assert_rewrite("tests.client.harness", "tests.client.scripted_server")
