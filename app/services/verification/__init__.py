"""Verifies that the log is what was once stored, with its hash chain (`app.db.chain`)."""

from app.services.verification.chain import verify_chain, verify_snapshot
from app.services.verification.report import ChainFinding, ChainReport

__all__ = ["ChainFinding", "ChainReport", "verify_chain", "verify_snapshot"]
