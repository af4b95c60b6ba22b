"""The input: drafts, history, completion and sending."""
