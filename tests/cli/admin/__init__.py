"""Tests of `chat-admin`."""
