"""Control sequences for terminals; nothing here performs input or output."""
