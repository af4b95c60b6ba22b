"""The sending side: outbound queues, broadcast groups and the flusher threads."""
