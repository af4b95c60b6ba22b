"""PostgreSQL: the dialect, the claim, pipelined connections and notifications."""
