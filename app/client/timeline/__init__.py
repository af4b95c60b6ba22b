"""The timeline of a conversation as the full screen shows it: values, changed only by events."""
