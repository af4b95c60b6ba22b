"""Disable Hypothesis deadlines: Unicode tables are loaded on first use, and CI machines are slow."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
