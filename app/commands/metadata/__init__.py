"""METADATA (IRCv3 draft/metadata-3): values, subscriptions, synchronisation."""
