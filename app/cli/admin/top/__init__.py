"""`chat-admin top`: a live view of the running server."""
