"""Commands for accounts and invitations."""
