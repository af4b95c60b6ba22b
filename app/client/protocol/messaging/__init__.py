"""Received messages, and what refers to them."""
