"""Line mode, batch mode, and the slash commands."""
