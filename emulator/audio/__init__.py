"""What a recording sounds like: audio, made from the facts of it whenever somebody asks.

Every text, file and key is a tone of its own kind, what nobody said is silence, and it is as long as the call's part
that it recorded. Equal recordings give equal bytes, and no more than a few seconds of sound are in memory at a time.
"""

from emulator.audio.recording import CONTENT_TYPES, size, stream

__all__ = ["CONTENT_TYPES", "size", "stream"]
