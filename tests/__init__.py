"""The tests, one folder for each layer of `app`."""
