"""The database layer: models, the log, the SQL dialects and migrations."""
