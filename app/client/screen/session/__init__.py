"""The screen's access to the driver: events, intents, and copies of its state."""
