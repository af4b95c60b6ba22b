"""IRC commands: one function per verb, and the code that runs them."""
