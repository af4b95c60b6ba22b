"""The checks of `doctor`, `db check` and `chat-server check`. Each returns what it found.

A check changes nothing. Its findings say what is wrong, and what to do.
"""
