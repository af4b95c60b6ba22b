"""Tests of `app.services.export`."""
