"""Measures the full-screen client in a terminal."""
