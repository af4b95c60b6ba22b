"""Commands for the server and the machine it runs on."""
