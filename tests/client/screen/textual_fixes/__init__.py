"""What differs from Textual."""
