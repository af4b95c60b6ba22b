"""Projections: functions that bring the tables up to date with the events of the log."""
