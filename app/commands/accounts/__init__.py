"""Accounts: SASL, REGISTER, VERIFY, and the log-in code they share."""
