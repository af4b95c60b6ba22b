"""Connection registration: NICK, USER, CAP, the welcome burst, and server information."""
