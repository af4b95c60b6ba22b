"""Patches of Textual: keys, widths of characters, signals, and a terminal that is gone."""
