"""Sending our own messages until the server has confirmed them."""
