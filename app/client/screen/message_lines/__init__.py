"""Lays out timelines as lines of styled text, and tells which of them are visible."""
