"""Reading and writing whole tables, to copy a database."""
