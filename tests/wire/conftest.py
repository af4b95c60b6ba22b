"""Properties are not timed: the machine may be busy, and tables are read on first use."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
