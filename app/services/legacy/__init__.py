"""Coming from the program this one replaces: its accounts and messages, each row taken once or reported.

A row that was taken is known by its digest, which is stored in the transaction that takes it: an import that
was cut off goes on where it stopped, and a second one changes nothing. The digest of an account leaves the
password out, because a bare hash of it would undo what Argon2id is for.
"""

from app.services.legacy.importing import LegacyImport
from app.services.legacy.report import ImportReport, RejectedRow

__all__ = ["ImportReport", "LegacyImport", "RejectedRow"]
