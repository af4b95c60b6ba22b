"""Accounts: SASL, REGISTER, VERIFY, and what all ways of logging in share."""
