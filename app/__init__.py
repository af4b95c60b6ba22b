"""A self-hosted group chat whose log is the truth."""
