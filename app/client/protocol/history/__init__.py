"""History: pages, catching up after a lost connection, unread messages and searches."""
