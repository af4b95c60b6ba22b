"""Tests of copying a database."""
