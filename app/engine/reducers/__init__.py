"""Reducers: functions that apply events to the world, one for each kind that changes it.

A reducer decides nothing and does not fail. A remote event may refer to users and rooms that no
longer exist; it then changes nothing.
"""
