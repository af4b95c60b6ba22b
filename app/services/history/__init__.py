"""History: pages, search, and what a user may read of it."""
