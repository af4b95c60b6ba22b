"""Everything that knows SQL: models, the log, the dialects, migrations."""
