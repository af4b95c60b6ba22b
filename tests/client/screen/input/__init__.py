"""What is written and sent."""
