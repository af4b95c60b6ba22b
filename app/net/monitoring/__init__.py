"""Monitoring over HTTP on the metrics port: metrics, health and the figures of `chat-admin top`."""
