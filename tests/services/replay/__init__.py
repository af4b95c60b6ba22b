"""Tests of replaying the log, and of comparing the result with the tables."""
