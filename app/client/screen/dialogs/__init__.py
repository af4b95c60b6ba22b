"""What is shown above the parts of the screen."""
