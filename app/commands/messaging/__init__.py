"""Messages: PRIVMSG, NOTICE, TAGMSG, multiline batches, REDACT."""
