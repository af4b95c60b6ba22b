"""Replays the log into scratch tables, and compares them with the stored tables."""
