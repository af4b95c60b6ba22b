"""Benchmark an IRC server over the network: this one or any other."""
