"""What a recording sounds like, heard with somebody else's decoders."""

from __future__ import annotations

import io
import math
import tracemalloc
import wave
from array import array
from datetime import UTC, datetime
from typing import Any

import miniaudio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import audio
from emulator.engine.recordings import Recording, Sound

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = {"1": (700, 1210), "5": (770, 1340), "#": (940, 1480), "D": (940, 1630)}


def tape(seconds: float, *sounds: Sound, **more: Any) -> Recording:
    return Recording(
        "c1.0-r1", "r", "c1.0", "c1", "acme", "", more.pop("format", "wav"), more.pop("channels", 1), START,
        seconds=seconds, sounds=sounds,
    )  # fmt: skip


def whole(recording: Recording, format_: str = "") -> bytes:
    return b"".join(audio.stream(recording, format_))


def samples(recording: Recording, format_: str) -> list[list[int]]:
    """Of each channel, by a decoder that is not ours."""
    if format_ == "wav":
        with wave.open(io.BytesIO(whole(recording, "wav"))) as file:
            assert (file.getframerate(), file.getsampwidth()) == (8000, 2)
            count, flat = file.getnchannels(), array("h", file.readframes(file.getnframes()))
    else:
        decoded = miniaudio.decode(whole(recording, "mp3"), nchannels=recording.channels, sample_rate=8000)
        count, flat = decoded.nchannels, decoded.samples
    return [list(flat[channel::count]) for channel in range(count)]


def level(heard: list[int], since: float, until: float, hertz: int) -> float:
    """How loud a frequency is there, from 0 to 1 of the loudest possible."""
    part = heard[round(since * 8000) : round(until * 8000)]
    turns = [2 * math.pi * hertz * at / 8000 for at in range(len(part))]
    real = sum(sample * math.cos(turn) for sample, turn in zip(part, turns, strict=True))
    imaginary = sum(sample * math.sin(turn) for sample, turn in zip(part, turns, strict=True))
    return 2 * math.hypot(real, imaginary) / len(part) / 32768


def is_silent(heard: list[int], since: float, until: float) -> bool:
    return max(map(abs, heard[round(since * 8000) : round(until * 8000)])) < 200


@pytest.mark.parametrize("format_", ["wav", "mp3"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seconds", [0.125, 1.0, 7.25, 61.5])
def test_it_is_as_long_as_what_was_recorded(format_: str, channels: int, seconds: float) -> None:
    heard = samples(tape(seconds, channels=channels), format_)

    assert [len(each) / 8000 for each in heard] == [seconds] * channels


@pytest.mark.parametrize("format_", ["wav", "mp3"])
@pytest.mark.parametrize(("kind", "hertz"), [("say", 440), ("play", 330), ("beep", 1000), ("speech", 260)])
def test_a_sound_is_a_tone_for_as_long_as_it_sounded_and_the_rest_is_silence(
    format_: str, kind: Any, hertz: int
) -> None:
    (heard,) = samples(tape(4.0, Sound(1.0, 2.0, "in", kind, "x")), format_)

    assert is_silent(heard, 0, 0.9)
    assert level(heard, 1.1, 2.9, hertz) > 0.1
    assert is_silent(heard, 3.1, 4.0)


@pytest.mark.parametrize("format_", ["wav", "mp3"])
@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_its_two_tones(format_: str, key: str) -> None:
    (heard,) = samples(tape(1.0, Sound(0.5, 0.2, "in", "key", key)), format_)

    low, high = KEYS[key]
    assert level(heard, 0.55, 0.65, low) > 0.1
    assert level(heard, 0.55, 0.65, high) > 0.1


def test_keys_sent_sound_one_after_another() -> None:
    (heard,) = samples(tape(1.0, Sound(0.0, 0.4, "out", "digits", "15")), "wav")

    assert level(heard, 0, 0.2, 700) > 0.1
    assert level(heard, 0.2, 0.4, 770) > 0.1
    assert level(heard, 0, 0.2, 770) < 0.01


@pytest.mark.parametrize("format_", ["wav", "mp3"])
def test_of_two_channels_the_left_is_the_far_end(format_: str) -> None:
    sounds = (Sound(0.0, 1.0, "in", "speech", "yes"), Sound(1.0, 1.0, "out", "say", "thanks"))
    left, right = samples(tape(2.0, *sounds, channels=2), format_)

    assert (level(left, 0.1, 0.9, 260) > 0.1, level(right, 1.1, 1.9, 440) > 0.1) == (True, True)
    assert (is_silent(right, 0, 0.9), is_silent(left, 1.1, 2)) == (True, True)


def test_of_one_channel_both_are_heard_at_once() -> None:
    sounds = (Sound(0.0, 1.0, "in", "speech", "yes"), Sound(0.0, 1.0, "out", "say", "thanks"))
    (heard,) = samples(tape(1.0, *sounds), "wav")

    assert level(heard, 0, 1, 260) > 0.1
    assert level(heard, 0, 1, 440) > 0.1


def test_a_crowd_is_loud_and_no_more() -> None:
    crowd = [Sound(0.0, 1.0, "in", "beep") for _ in range(500)]
    (heard,) = samples(tape(1.0, *crowd), "wav")

    assert max(heard) <= 32_000


spans = st.integers(0, 40).map(lambda n: n / 16)
sounds = st.lists(
    st.builds(
        Sound, spans, spans, st.sampled_from(["in", "out"]),
        st.sampled_from(["say", "play", "beep", "speech", "key", "digits"]), st.sampled_from(["", "1", "x5w", "🙂"]),
    ),
    max_size=6,
)  # fmt: skip
tapes = st.builds(
    lambda seconds, heard, channels: tape(seconds, *heard, channels=channels), spans, sounds, st.sampled_from([1, 2])
)


@given(tapes, st.sampled_from(["wav", "mp3"]), st.integers(-5, 40_000), st.none() | st.integers(-5, 40_000))
@settings(deadline=None)
def test_a_part_is_that_part_of_the_whole(recording: Recording, format_: str, start: int, stop: int | None) -> None:
    everything = whole(recording, format_)
    start = max(0, start)

    assert len(everything) == audio.size(recording, format_)
    wanted = everything[start : max(0, stop) if stop is not None else None]
    assert b"".join(audio.stream(recording, format_, start, stop)) == wanted


@given(tapes)
@settings(deadline=None)
def test_equal_recordings_give_equal_bytes(recording: Recording) -> None:
    assert whole(recording, "mp3") == whole(recording, "mp3")


@pytest.mark.parametrize("format_", ["wav", "mp3"])
def test_an_hour_takes_no_more_memory_than_a_minute(format_: str) -> None:
    recording = tape(
        3600.0, Sound(0.0, 3600.0, "out", "play", "x"), *(Sound(n, 1, "in", "key", "1") for n in range(99))
    )
    tracemalloc.start()
    try:
        made = sum(len(piece) for piece in audio.stream(recording, format_))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert made == audio.size(recording, format_)
    assert most < 2_000_000
