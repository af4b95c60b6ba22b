"""Kernel interfaces: io_uring, and the socket pair that wakes a selector."""
