"""Server administration: OPER, KILL, K-lines, SAJOIN, REHASH, STATS."""
