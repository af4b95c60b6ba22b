"""IRC as pure text."""
