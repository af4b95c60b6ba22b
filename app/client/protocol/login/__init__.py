"""Connection registration and login."""
