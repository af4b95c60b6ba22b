"""Links in messages: where they are, and how they are opened."""
