"""Tests of `app.services.accounts.accounts`."""
