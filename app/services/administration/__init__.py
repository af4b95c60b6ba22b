"""Changes by administrators, and the audit log."""
