"""An evening in a chat: thirty people talk on a real server, and one reads on the full screen."""
