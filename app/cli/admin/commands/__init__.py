"""The commands of chat-admin, one module for each noun or top-level verb."""
