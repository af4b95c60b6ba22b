"""Stock clients, as people run them, on the installed server."""
