"""What is read, and what the status line says."""
