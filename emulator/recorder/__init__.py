"""What happened in a sandbox, in order, and how it is shown: journal, codec, ladder, transcript.

What draws (`ladder`, `mermaid`, `transcript`) is imported by whoever draws: a server starts without it.
"""

from emulator.recorder.codec import ENGINE_CLASSES, Codec
from emulator.recorder.journal import Entry, Journal

__all__ = ["ENGINE_CLASSES", "Codec", "Entry", "Journal"]
