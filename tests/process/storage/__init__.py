"""Tests of servers that lose their process or their storage."""
