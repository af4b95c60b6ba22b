"""Draws the user's attention to messages: which ones, how often and by what means."""
