"""The schema: its revisions, and preparing and upgrading a database."""
