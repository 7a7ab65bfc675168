"""Telling the application: what is still to be sent, in which order, and the one client that sends it."""

# Nothing is imported here: the vendors need `values` alone, and the rest costs time at start.
__all__ = ["deliveries", "outbox", "sender", "values"]
