"""Disable Hypothesis deadlines, because Unicode tables are loaded on first use."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
