"""SQLite: the dialect, the claim, backups, lost files and files of other formats."""
