"""History: CHATHISTORY and SEARCH."""
