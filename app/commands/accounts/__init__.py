"""Accounts: SASL, REGISTER, VERIFY, and the login code that they share."""
