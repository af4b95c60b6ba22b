"""How messages are laid out."""
