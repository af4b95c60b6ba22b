"""Lays out timelines as lines of styled text, and picks the visible ones."""
