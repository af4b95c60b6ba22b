"""Commands for moderation, and the audit log."""
