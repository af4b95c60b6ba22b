"""PostgreSQL: the dialect, the claim and the full-text index."""
