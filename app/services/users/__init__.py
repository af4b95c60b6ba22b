"""The users of the chat and their sessions, online and past."""
