"""Projections: functions that update the tables from the events of the log."""
