"""What the user types: its history, its completion, and how it is sent."""
