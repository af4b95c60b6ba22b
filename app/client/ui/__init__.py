"""The interactive prompt and the batch mode, and the slash commands they share."""
