"""Imports accounts and messages from the database of the chat program that this one replaces.

The digest of every imported row is stored in the transaction that imports it, so an interrupted
import resumes where it stopped, and importing a second time changes nothing. Rows that cannot be
imported are reported. The digest of an account omits the password, because a fast hash of it would
defeat Argon2id.
"""

from app.services.legacy.importing import LegacyImport
from app.services.legacy.report import ImportReport, RejectedRow

__all__ = ["ImportReport", "LegacyImport", "RejectedRow"]
