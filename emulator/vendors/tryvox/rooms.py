"""The Record and Conference of a VoxML document, and how a Dial is recorded. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from emulator.engine import program as p
from emulator.engine.program import Hook, Verb
from emulator.vendors.tryvox.documents import Node

__all__ = ["DIAL_RECORDING", "read_conference", "read_record", "recorded_dial"]

_KEYS: Final = "0123456789*#"
MOST_MEMBERS: Final = 250
MOST_SECONDS: Final = 86_400

DIAL_RECORDING: Final = "dial"
_ROOM_RECORDING: Final = "conference"


def read_record(node: Node) -> p.Record:
    """TRYVOX-69. What is trimmed would be silence that is in no recording of ours."""
    action = Hook(node.url("action_url"), purpose="record")
    keys = node.text("finish_on_key", _KEYS)
    if not set(keys) <= set(_KEYS):
        raise node.wrong("finish_on_key", f"expected keys of 0-9, * and #, got {keys!r}")
    node.choice("trim", "trim-silence", ("trim-silence", "do-not-trim"))
    url, wants = node.url("transcription_url", is_required=False), node.boolean("transcribe")
    longest = min(node.integer("max_length", 3_600, least=1), MOST_SECONDS)
    return p.Record(
        action,
        Hook(url, purpose="record-event", awaited=False) if wants and url else None,
        beep=node.boolean("play_beep", True),
        max_length=timedelta(seconds=longest),
        silence_timeout=node.span("timeout", 5) or None,
        finish_on=keys,
        where=node.path,
    )


def recorded_dial(dial: p.Dial) -> tuple[Verb, ...]:
    """TRYVOX-70: from the bridge to its end."""
    name = DIAL_RECORDING
    recording = p.RecordCall(name, "bridge", "unbridge", where=f"{dial.where}.record")
    return (recording, dial, p.StopRecording(name))


def read_conference(node: Node) -> tuple[Verb, ...]:
    """TRYVOX-71: who could not get in, or has left, goes on with the next instruction."""
    url, music = node.url("status_callback_url", is_required=False), node.url("wait_url", is_required=False)
    most = node.integer("max_participants", MOST_MEMBERS, least=1)
    if most > MOST_MEMBERS:
        raise node.wrong("max_participants", f"expected at most {MOST_MEMBERS}, got {most}")
    beep = p.Beep(where=f"{node.path}.beep") if node.boolean("beep", True) else None
    waits = p.Program((p.Play(music, where=f"{node.path}.wait_url"),)) if music else None
    room = p.Conference(
        node.required("name"),
        muted=node.boolean("muted"),
        starts=node.boolean("start_on_enter", True),
        ends=node.boolean("end_on_exit"),
        max_members=most,
        wait=waits,
        enter_sound=beep,
        exit_sound=beep,
        events=Hook(url, purpose="conference", awaited=False) if url else None,
        tells=("start", "enter", "leave", "mute", "unmute", "end"),
        where=node.path,
    )
    if not node.boolean("record"):
        return (room,)
    return p.RecordCall(_ROOM_RECORDING, where=f"{node.path}.record"), room, p.StopRecording(_ROOM_RECORDING)
