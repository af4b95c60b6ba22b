"""Tests of `app.services.history.history`."""
