"""Tests of the import from the predecessor program."""
