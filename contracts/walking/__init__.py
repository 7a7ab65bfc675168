"""The emulator, judged: a walk through every operation of a provider, and random requests."""
