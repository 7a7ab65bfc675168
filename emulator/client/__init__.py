"""The control API of a running server, from Python."""
