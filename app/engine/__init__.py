"""The engine: runs commands on one thread, commits their events and delivers them."""
