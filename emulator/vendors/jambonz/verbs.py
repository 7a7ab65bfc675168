"""The shape of every verb jambonz knows: properties, types, what is required. Pure.

A line of a table reads `name:types`, with `*` for required; types are `s`tring, `n`umber, `b`oolean, `o`bject, `a`rray,
`h` for a hook (string or object), joined by `|`, or the words of an enumeration in parentheses. `@x` is a component or
verb checked by its own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.values import value
from emulator.errors import InvalidDocument

__all__ = ["ALIASES", "VERBS", "check_verb", "split_verb"]

_NAMES: Final = {"s": "string", "n": "number", "b": "boolean", "o": "object", "a": "array"}
_STATUS_EVENTS: Final = "statusEvents:a statusHook:h"

# JAMBONZ-100: the property sets; JAMBONZ-101: what is required.
_LINES: Final[dict[str, str]] = {
    "say": "text:s|a stream:b instructions:s loop:n|s synthesizer:@synthesizer earlyMedia:b disableTtsCache:b "
    "closeStreamOnEmpty:b",
    "play": "url*:s|a loop:n|s earlyMedia:b seekOffset:n|s timeoutSecs:n|s actionHook:h",
    "pause": "length*:n",
    "gather": "input:a actionHook:h finishOnKey:s numDigits:n minDigits:n maxDigits:n interDigitTimeout:n timeout:n "
    "speechTimeout:n partialResultHook:h listenDuringPrompt:b dtmfBargein:b bargein:b minBargeinWordCount:n "
    "recognizer:@recognizer say:@say play:@play fillerNoise:o actionHookDelayAction:o",
    "dial": "target*:a timeout:n timeLimit:n actionHook:h answerOnBridge:b callerId:s callerName:s confirmHook:h "
    "referHook:h dialMusic:s dtmfCapture:o|a dtmfHook:h onHoldHook:h headers:o anchorMedia:b exitMediaPath:b "
    "boostAudioSignal:n|s listen:o stream:o transcribe:o amd:o dub:a tag:o proxy:s forwardPAI:b "
    "srtpEncryption:(sdes,dtls) codecs:a",
    "hangup": "headers:o",
    "redirect": "actionHook*:h statusHook:h",
    "tag": "data*:o",
    "config": "synthesizer:@synthesizer recognizer:@recognizer bargeIn:@bargeIn ttsStream:o record:o listen:o stream:o "
    "transcribe:o amd:o fillerNoise:o vad:o notifyEvents:b notifySttLatency:b reset:s|a onHoldMusic:s "
    "actionHookDelayAction:o sipRequestWithinDialogHook:h boostAudioSignal:n|s referHook:h earlyMedia:b "
    "autoStreamTts:b disableTtsCache:b trackTtsPlayout:b noiseIsolation:o turnTaking:o",
    "answer": "",
    "sip:decline": "status*:n reason:s headers:o",
    "conference": "name*:s beep:b memberTag:s speakOnlyTo:s startConferenceOnEnter:b endConferenceOnExit:b "
    "endConferenceDuration:n maxParticipants:n joinMuted:b actionHook:h waitHook:h enterHook:h record:o listen:o "
    f"distributeDtmf:b {_STATUS_EVENTS}",
    "enqueue": "name*:s actionHook:h waitHook:h priority:n",
    "dequeue": "name*:s actionHook:h timeout:n beep:b callSid:s",
    "leave": "",
    "listen": "url*:s actionHook:h wsAuth:o auth:o finishOnKey:s maxLength:n metadata:o mixType:(mono,stereo,mixed) "
    "passDtmf:b playBeep:b disableBidirectionalAudio:b bidirectionalAudio:o sampleRate:n timeout:n transcribe:o "
    "earlyMedia:b channel:n",
    "transcribe": "transcriptionHook:h translationHook:h recognizer:@recognizer earlyMedia:b channel:n",
    "dtmf": "dtmf*:s duration:n",
    "dub": "action*:(addTrack,removeTrack,silenceTrack,playOnTrack,sayOnTrack) track*:s play:s say:s|o loop:b gain:n|s",
    "sip:refer": "referTo*:s referredBy:s referredByDisplayName:s headers:o actionHook:h eventHook:h",
    "sip:request": "method*:s body:s headers:o actionHook:h",
    "message": "to*:s from*:s text:s media:s|a carrier:s account_sid:s message_sid:s actionHook:h",
    "alert": "message*:s",
    "llm": "vendor*:s llmOptions*:o model:s auth:o connectOptions:o mcpServers:a actionHook:h eventHook:h toolHook:h "
    "events:a",
    "dialogflow": "project*:s credentials*:s|o lang*:s",
    "lex": "botId*:s botAlias*:s region*:s credentials*:o",
    "rasa": "url*:s",
    "agent": "",
    "transfer": "",
    "pipeline": "",
    "rest:dial": "",
}
_COMPONENT_LINES: Final[dict[str, str]] = {
    "synthesizer": "vendor*:s label:s language:s voice:s|o",
    "recognizer": "vendor*:s label:s language:s",
    "bargeIn": "enable*:b",
}
_OPEN: Final = frozenset(_COMPONENT_LINES) | {"dialogflow", "lex", "rasa", "agent", "transfer", "pipeline", "rest:dial"}
"""Accept any further property, in strict mode too."""

ALIASES: Final[dict[str, str]] = {
    "stream": "listen",
    "room": "conference",
    **dict.fromkeys(
        ("s2s", "openai_s2s", "microsoft_s2s", "google_s2s", "elevenlabs_s2s", "deepgram_s2s", "voiceagent_s2s",
         "ultravox_s2s", "qwen_s2s", "gptlive_s2s"),
        "llm",
    ),
}  # fmt: skip
_VENDOR_IS_KNOWN: Final = frozenset(name for name, verb in ALIASES.items() if verb == "llm" and name != "s2s")


@value
class Property:
    """`types` as JSON has them; `choices` of an enumeration; `inner` names what checks an object's inside."""

    name: str
    is_required: bool
    types: tuple[str, ...]
    choices: tuple[str, ...] = ()
    inner: str = ""


def _property(text: str) -> Property:
    name, _, kinds = text.partition(":")
    is_required = name.endswith("*")
    name = name.removesuffix("*")
    if kinds.startswith("("):
        return Property(name, is_required, ("string",), tuple(kinds[1:-1].split(",")))
    if kinds.startswith("@"):
        return Property(name, is_required, ("object",), inner=kinds[1:])
    kinds = kinds.replace("h", "s|o")
    return Property(name, is_required, tuple(_NAMES[kind] for kind in kinds.split("|")))


def _table(lines: Mapping[str, str]) -> dict[str, dict[str, Property]]:
    return {name: {read.name: read for read in map(_property, line.split())} for name, line in lines.items()}


VERBS: Final = _table(_LINES)
_COMPONENTS: Final = _table(_COMPONENT_LINES)
_TARGETS: Final = {"phone": "number", "sip": "sipUri", "user": "name", "teams": "number"}


def split_verb(element: Any, where: str) -> tuple[str, Mapping[str, Any]]:
    """Name and properties of an element, in either spelling (JAMBONZ-102). Raises `InvalidDocument`."""
    if not isinstance(element, dict):
        raise InvalidDocument("malformed jambonz payload: must be array of objects", where)
    if "verb" in element:
        name = element["verb"]
        body = {key: inner for key, inner in element.items() if key != "verb"}
    elif len(element) == 1:
        ((name, body),) = element.items()
        if not isinstance(body, dict):
            raise InvalidDocument("malformed jambonz payload: must be array of objects", f"{where}.{name}")
    else:
        raise InvalidDocument("malformed jambonz payload: missing verb property", where)
    if not isinstance(name, str) or (name not in VERBS and name not in ALIASES):
        raise InvalidDocument(f"invalid instruction: {name}", f"{where}.verb")
    return name, body


def check_verb(name: str, body: Mapping[str, Any], where: str, is_strict: bool) -> None:
    """Raises `InvalidDocument` in the words of the validator (JAMBONZ-100)."""
    verb = ALIASES.get(name, name)
    needless = {"vendor"} if name in _VENDOR_IS_KNOWN else set()
    _check(name, VERBS[verb], body, where, is_strict and verb not in _OPEN, needless)
    if verb == "say" and "text" not in body and not body.get("stream"):
        raise InvalidDocument("say: missing value for text", where)
    if verb == "dial":
        _check_targets(body["target"], f"{where}.target")


def _check(
    name: str,
    known: Mapping[str, Property],
    body: Mapping[str, Any],
    where: str,
    is_strict: bool,
    needless: set[str] | frozenset[str] = frozenset(),
) -> None:
    for key, inner in body.items():
        found = known.get(key)
        if found is not None:
            _check_property(name, found, inner, f"{where}.{key}", is_strict)
        elif is_strict and key not in ("id", "_"):
            raise InvalidDocument(f"{name}: unknown property {key}", f"{where}.{key}")
    if "id" in body and "id" not in known and not isinstance(body["id"], str):
        raise InvalidDocument(f"{name}: property id has invalid data type", f"{where}.id")
    for found in known.values():
        if found.is_required and found.name not in needless and body.get(found.name) is None:
            raise InvalidDocument(f"{name}: missing value for {found.name}", where)


def _type_of(inner: Any) -> str:
    if isinstance(inner, bool):
        return "boolean"
    if isinstance(inner, int | float):
        return "number"
    if isinstance(inner, str):
        return "string"
    return "array" if isinstance(inner, list) else "object" if isinstance(inner, dict) else "null"


def _check_property(name: str, known: Property, inner: Any, where: str, is_strict: bool) -> None:
    if _type_of(inner) not in known.types:
        if known.types == ("array",):
            raise InvalidDocument(f"{name}: property {known.name} is not an array", where)
        union = f", must be one of {', '.join(known.types)}" if len(known.types) > 1 else ""
        raise InvalidDocument(f"{name}: property {known.name} has invalid data type{union}", where)
    if known.choices and inner not in known.choices:
        raise InvalidDocument(f"invalid value {inner} must be one of {','.join(known.choices)}", where)
    if known.inner in VERBS:
        check_verb(known.inner, inner, where, is_strict)
    elif known.inner:
        _check(known.inner, _COMPONENTS[known.inner], inner, where, is_strict=False)


def _check_targets(targets: list[Any], where: str) -> None:
    """JAMBONZ-106: one to ten, each of a known type with its address."""
    if not 1 <= len(targets) <= 10:
        raise InvalidDocument(f"dial: target must have 1 to 10 entries, got {len(targets)}", where)
    for index, target in enumerate(targets):
        at = f"{where}[{index}]"
        if not isinstance(target, dict):
            raise InvalidDocument("target: property target has invalid data type", at)
        kind = target.get("type")
        if kind is None:
            raise InvalidDocument("target: missing value for type", at)
        if kind not in _TARGETS:
            raise InvalidDocument(f"invalid value {kind} must be one of {','.join(_TARGETS)}", f"{at}.type")
        address = target.get(_TARGETS[kind])
        if not isinstance(address, str) or not address:
            raise InvalidDocument(f"target: missing value for {_TARGETS[kind]}", at)
