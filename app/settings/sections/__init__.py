"""The settings of the server by topic; `ServerSettings` combines the sections."""
