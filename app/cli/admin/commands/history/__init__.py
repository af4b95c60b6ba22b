"""Commands for message history."""
