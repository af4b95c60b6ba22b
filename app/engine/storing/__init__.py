"""Storing batches in the log, with retries while the database fails."""
