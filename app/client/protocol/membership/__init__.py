"""Rooms: their members, topics and modes."""
