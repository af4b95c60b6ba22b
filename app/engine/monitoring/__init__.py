"""What the engine measures about itself."""
