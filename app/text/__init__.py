"""Text as people see it: user-perceived characters and terminal columns."""
