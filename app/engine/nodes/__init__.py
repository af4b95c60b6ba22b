"""The other nodes on the same database: leases, notifications and conflicting batches."""
