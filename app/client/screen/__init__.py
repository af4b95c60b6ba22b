"""The full-screen client: a Textual application that shows the client's state."""
