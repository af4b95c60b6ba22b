"""Tests of `chat-admin` beside a running server."""
