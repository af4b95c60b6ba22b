"""Retention: how long history is kept, and the removal of what is older.

A room has the server's default unless an administrator chose otherwise; a hold keeps everything,
whatever the policy. History expires by whole days in UTC: what was said more than N days before the
current day is removed. Everything else about a room is in tables and does not depend on old events.
"""
