"""The way of a batch into the log, also when the database fails."""
