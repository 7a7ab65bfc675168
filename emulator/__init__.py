"""Ringback: a telephone company in a box, in Python."""

__all__ = ["__version__"]
__version__ = "0.1.0"
