"""One small function per IRC verb."""
