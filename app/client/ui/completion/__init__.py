"""Tab completion, for the plain prompt and the full screen."""
