"""Tests of what the full screen shows of each room."""
