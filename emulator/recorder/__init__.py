"""What happened in a sandbox, in order, and how it is shown: journal, codec, ladder, transcript."""

from emulator.recorder.codec import ENGINE_CLASSES, Codec
from emulator.recorder.journal import Entry, Journal
from emulator.recorder.ladder import ladder
from emulator.recorder.mermaid import mermaid
from emulator.recorder.transcript import transcript

__all__ = ["ENGINE_CLASSES", "Codec", "Entry", "Journal", "ladder", "mermaid", "transcript"]
