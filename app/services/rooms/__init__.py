"""Rooms, their modes and their keys."""
