"""Measures how fast a chat server is, from outside, over the network: this one or any other that speaks IRC."""
