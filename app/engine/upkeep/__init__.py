"""Upkeep of the database, by the engine, after all work that clients wait for."""
