"""The names of the settings files, which help texts show without loading the settings."""

SERVER_FILE = "serverSetup.json"
CLIENT_FILE = "clientSetup.json"
