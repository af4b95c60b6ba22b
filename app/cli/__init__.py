"""The three commands: chat-server, chat-admin, chat-client."""
