"""The composition root: creates all components, and starts and stops them in order."""
