"""MP3: true frames by LAME, all of one size, so that the whole is known before it is made.

A frame has 576 samples; the encoder delays what it is given, and so adds frames. An `Info` frame at the front says how
many samples of the first and of the last frames are none of ours: a player that reads it plays exactly our length.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from emulator.audio.timeline import Timeline
from emulator.audio.tones import RATE

__all__ = ["size", "stream"]

_FRAME: Final = 576
_KILOBITS: Final = {1: 16, 2: 32}
_SIDE: Final = {1: 9, 2: 17}
_MODE: Final = {1: 0xC0, 2: 0x40}  # as the encoder chooses: mono, joint stereo
_RATE_INDEX: Final = {1: 2, 2: 4}
_DELAY: Final = 576
_MORE: Final = 2
"""Frames that the encoder adds to those it is given."""
_PRIMING: Final = 1105
"""Samples before ours: the encoder's delay and the decoder's 529."""
_QUALITY: Final = 7


def _bytes_of_frame(channels: int) -> int:
    return _FRAME // 8 * _KILOBITS[channels] * 1000 // RATE


def _frames(timeline: Timeline) -> int:
    """Besides the `Info` frame."""
    return -(-timeline.samples // _FRAME) + _MORE if timeline.samples else 0


def size(timeline: Timeline) -> int:
    return (_frames(timeline) + 1) * _bytes_of_frame(timeline.channels)


def stream(timeline: Timeline, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` to before `stop`: what lies before `start` is encoded too, and thrown away."""
    at = 0
    for piece in _whole(timeline):
        if at + len(piece) > start:
            yield piece[max(0, start - at) : stop - at]
        at += len(piece)
        if at >= stop:
            return


def _whole(timeline: Timeline) -> Iterator[bytes]:
    yield _info(timeline)
    if not timeline.samples:
        return
    encoder = _encoder(timeline.channels)
    for piece in timeline.pcm():
        if made := encoder.encode(piece):
            yield bytes(made)
    yield bytes(encoder.flush())


def _encoder(channels: int) -> Any:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(_KILOBITS[channels])
    encoder.set_in_sample_rate(RATE)
    encoder.set_out_sample_rate(RATE)
    encoder.set_channels(channels)
    encoder.set_quality(_QUALITY)
    return encoder


def _info(timeline: Timeline) -> bytes:
    """A frame of silence whose main data says: so many frames and bytes, so many samples to skip at either end."""
    channels = timeline.channels
    frames = _frames(timeline)
    padding = max(0, frames * _FRAME - _DELAY - timeline.samples)
    head = bytes([0xFF, 0xE3, _RATE_INDEX[channels] << 4 | 2 << 2, _MODE[channels]]) + bytes(_SIDE[channels])
    info = head + b"Info" + struct.pack(">III", 3, frames, size(timeline))
    encoder = b"LAME3.100" + bytes(12) + (_DELAY << 12 | min(padding, 4095)).to_bytes(3, "big") + bytes(12)
    return (info + encoder).ljust(_bytes_of_frame(channels), b"\0")
