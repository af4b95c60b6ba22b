"""`chat-client setup`: asks for server, name and password, tries them, and writes the settings."""
