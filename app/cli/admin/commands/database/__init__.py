"""Commands for the database: maintenance, backup, copy and import."""
