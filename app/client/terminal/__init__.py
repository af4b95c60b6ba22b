"""What the client needs of a terminal: its clipboard, its background colour and an editor."""
