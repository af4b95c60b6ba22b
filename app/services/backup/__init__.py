"""Backups: complete copies of a database that a server can start on, each with a manifest.

manifest      what a backup contains, as a file beside it
naming        the names of backups in a folder
creation      creates a backup while the server runs
verification  finds damage in a backup
records       the list of known backups in the database
restoring     puts a backup in place of a database
"""
