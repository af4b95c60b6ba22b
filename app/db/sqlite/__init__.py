"""SQLite: the dialect, the claim, backups, lost files and the full-text index."""
