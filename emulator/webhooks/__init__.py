"""Requests to the application: when each may leave, what its answer means, and the one client that sends it."""
