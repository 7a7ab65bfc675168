"""Providers, one folder each, blind to each other."""
