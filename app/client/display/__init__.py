"""Rendering events: text, styles and output formats."""
