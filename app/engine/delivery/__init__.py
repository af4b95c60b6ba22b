"""Delivery: from decided events to bytes in outbound queues."""
