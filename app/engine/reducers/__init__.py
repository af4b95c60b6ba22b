"""Reducers: the functions that change the world, one for each kind of event that does.

A reducer decides nothing and does not fail. A remote event may refer to users and rooms that no
longer exist; it then changes nothing.
"""
