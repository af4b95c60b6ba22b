"""Accounts: creation, login, verification, invitations and names."""
