"""The JSON Schema of a far end, as `FarEnd.from_json` reads it: data, kept true by a test against the real reader."""

from __future__ import annotations

from typing import Any, Final

from emulator.scenarios.far_end import OUTCOMES

__all__ = ["SCHEMAS"]

_SPAN: Final[dict[str, Any]] = {"$ref": "#/components/schemas/Span"}
_MAYBE_SPAN: Final[dict[str, Any]] = {"anyOf": [_SPAN, {"type": "null"}]}
_KEYS: Final = "^[0-9*#A-Da-dwW]*[0-9*#A-Da-d][0-9*#A-Da-dwW]*$"

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Span": {
        "title": "Span",
        "description": 'Seconds, or a text with its unit: `3`, `0.25`, `"3s"`, `"500ms"`, `"1.5m"`, `"2h"`.',
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 315_360_000},
            {"type": "string", "pattern": "^ *[0-9]+(\\.[0-9]+)? ?(ms|s|m|h) *$"},
        ],
    },
    "Reaction": {
        "title": "Reaction",
        "description": "Do one thing (`press`, `say`, `hang_up` or `hold`) when something is heard, or at a time.",
        "type": "object",
        "properties": {
            "press": {"type": "string", "pattern": _KEYS, "description": "Keys; `w` waits half a second, `W` one."},
            "say": {"type": "string"},
            "seconds": {"description": "How long `say` takes.", **_MAYBE_SPAN},
            "hang_up": {"const": True},
            "hold": {"type": "boolean"},
            "on": {
                "type": ["string", "null"],
                "minLength": 1,
                "description": "When a text was heard that has this in it, whatever its case.",
            },
            "on_prompt": {"type": "boolean", "description": "When prompts are over and somebody waits for input."},
            "at": {"description": "That long after the answer.", **_MAYBE_SPAN},
            "after": {"description": "On top of the trigger.", **_SPAN},
            "barge_in": {"type": "boolean", "description": "As soon as the text of `on` was heard."},
            "times": {"type": ["integer", "null"], "minimum": 1, "description": "How often; null is every time."},
        },
        "oneOf": [{"required": [deed]} for deed in ("press", "say", "hang_up", "hold")],
        "additionalProperties": False,
    },
    "FarEnd": {
        "title": "FarEnd",
        "description": "Who is on the other end. By default: answers after two seconds, says hello, listens, stays.",
        "type": "object",
        "properties": {
            "connects_after": {"description": "From dialling to the first ring.", **_SPAN},
            "rings_for": _MAYBE_SPAN,
            "rings_up_to": {
                "description": "It rings between `rings_for` and this, chosen by the seed and the leg.",
                **_MAYBE_SPAN,
            },
            "outcome": {"enum": list(OUTCOMES), "description": "What the ringing ends in."},
            "picks_up": {"type": "boolean", "description": "False: it rings for ever."},
            "early_media": {"type": "boolean", "description": "It sends audio as soon as it rings."},
            "is_machine": {"type": "boolean", "description": "`greeting` is an answering machine's; a beep follows."},
            "greeting": {"type": "string"},
            "greeting_for": _SPAN,
            "reactions": {"type": "array", "items": {"$ref": "#/components/schemas/Reaction"}},
            "hangs_up_after": {"description": "From the answer.", **_MAYBE_SPAN},
            "gives_up_after": {"description": "As a caller: hangs up when not answered by then.", **_MAYBE_SPAN},
        },
        "additionalProperties": False,
    },
}
