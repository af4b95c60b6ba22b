"""Replies to queries, standard replies and errors."""
