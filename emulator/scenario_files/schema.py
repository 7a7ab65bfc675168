"""The JSON Schema of a scenario, from the types that read one: what editors complete by, and `check` goes by.

`scenario.schema.json` beside this module is the same, published; a test keeps them equal, and holds both against the
real readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.scenarios.callers import MOST
from emulator.scenarios.far_end import OUTCOMES
from emulator.scenarios.faults import KINDS

__all__ = ["EXPECTED", "PARTS", "SCHEMA", "parts"]

Schema = dict[str, Any]

URL: Final = "urn:ringback:scenario:1"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_SPAN_TEXT: Final = r"[0-9]+(\.[0-9]+)? ?(ms|s|m|h)"
_RANGE_TEXT: Final = r"[0-9]+(\.[0-9]+)? ?(ms|s|m|h)? ?\.\. ?[0-9]+(\.[0-9]+)? ?(ms|s|m|h)"
_KEYS: Final = "^[0-9*#A-Da-dwW]*[0-9*#A-Da-d][0-9*#A-Da-dwW]*$"
_NAME: Final = "^[a-z][a-z0-9_-]*$"


def _ref(name: str, **more: Any) -> Schema:
    return {**more, "$ref": f"#/$defs/{name}"}


def _or_null(name: str, **more: Any) -> Schema:
    return {**more, "anyOf": [_ref(name), {"type": "null"}]}


def _object(title: str, description: str, properties: Schema, **more: Any) -> Schema:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def _text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _alone(*words: str) -> Schema:
    return {word: {"propertyNames": {"enum": [word, "weight"]}} for word in words}


# --- the other end ---------------------------------------------------------------------------------------------

_FAR_END: Final[Schema] = {
    "connects_after": _ref("Span", description="From dialling to the first ring."),
    "rings_for": _or_null("Span", description="How long it rings; a range is drawn anew for every call."),
    "rings_up_to": _or_null("Span", description="It rings between `rings_for` and this."),
    "outcome": {"enum": list(OUTCOMES), "description": "What the ringing ends in."},
    "picks_up": {"type": "boolean", "description": "False: it rings for ever."},
    "early_media": {"type": "boolean", "description": "It sends audio as soon as it rings."},
    "is_machine": {"type": "boolean", "description": "`greeting` is an answering machine's; a beep follows."},
    "greeting": _text("What is said on answering."),
    "greeting_for": _ref("Span", description="How long the greeting takes."),
    "reactions": {
        "type": "array",
        "items": _ref("Reaction"),
        "description": "What it does once answered, and upon what.",
    },
    "hangs_up_after": _or_null("Span", description="From the answer."),
    "gives_up_after": _or_null("Span", description="As a caller: hangs up when not answered by then."),
    "choose": {
        "type": "array",
        "minItems": 1,
        "items": _ref("Option"),
        "description": "One of these, by weight, chosen anew for every call by the seed. Stands alone.",
    },
    "in_turn": {
        "type": "array",
        "minItems": 1,
        "items": _ref("FarEnd"),
        "description": "The first for the first call to a number, the next for the next; the last stays. Stands alone.",
    },
}

_REACTION: Final[Schema] = {
    "press": _text("Keys; `w` waits half a second, `W` one.", pattern=_KEYS),
    "say": _text("Words."),
    "seconds": _or_null("Span", description="How long `say` takes."),
    "hang_up": {"const": True},
    "hold": {"type": "boolean", "description": "Put the call on hold, or take it back."},
    "on": {
        "type": ["string", "null"],
        "minLength": 1,
        "description": "When a text was heard that has this in it, whatever its case.",
    },
    "on_prompt": {"type": "boolean", "description": "When prompts are over and somebody waits for input."},
    "at": _or_null("Span", description="That long after the answer."),
    "after": _ref("Span", description="On top of the trigger."),
    "barge_in": {"type": "boolean", "description": "As soon as the text of `on` was heard."},
    "times": {"type": ["integer", "null"], "minimum": 1, "description": "How often; null is every time."},
}

_CALLS: Final[Schema] = {
    "at": _ref("Span", description="When, from the scenario's beginning; a range with `count` spreads them over it."),
    "vendor": _text("At which provider; by default the scenario's.", pattern=_NAME),
    "from": _text("Who calls; a `*` stands for digits that differ from call to call.", minLength=1),
    "to": _text("Which of your numbers: `{numbers[0]}` is the first, and the default.", minLength=1),
    "far_end": _ref("FarEnd", description="What the caller does; by default what their number says."),
    "count": {"type": "integer", "minimum": 1, "maximum": MOST, "description": "How many calls this row makes."},
    "every": _ref("Span", description="From one call of this row to the next."),
}

# --- bad days --------------------------------------------------------------------------------------------------

_FAULT: Final[Schema] = {
    "fault": {
        "enum": list(KINDS),
        "description": "\n".join(f"`{kind}`: {row.does}" for kind, row in KINDS.items()),
    },
    "name": _text("Unique; f1, f2, ... by default.", pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    "vendor": _text("Only this provider's.", pattern=_NAME),
    "route": _text("API only: `POST /path`, `*` within one segment, `**` for anything.", minLength=1),
    "number": _text("Only calls with this number or pattern.", minLength=1),
    "callback": _text("Webhooks only: this callback's.", minLength=1),
    "count": {"type": ["integer", "null"], "minimum": 1, "description": "It strikes so often at most."},
    "skip": {"type": "integer", "minimum": 0, "description": "Webhooks only: it lets the first so many pass."},
    "probability": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "description": "How surely it strikes."},
    "seed": {"type": ["integer", "null"], "minimum": 0, "description": "Of its own dice; the sandbox's by default."},
    "status": {"type": ["integer", "null"], "minimum": 400, "maximum": 599, "description": "Of `status`."},
    "retry_after": _or_null("FixedSpan", description="Of `status` and `rate-limit`."),
    "span": _or_null("FixedSpan", description="How long, as its kind says."),
    "struck": {"type": "integer", "minimum": 0, "description": "Told by the control API, ignored on the way in."},
}

# --- playing ---------------------------------------------------------------------------------------------------

_URLS: Final[Schema] = {
    "type": "object",
    "additionalProperties": _text(),
    "description": "Where your application is told of what: `answer`, `ring`, `hangup`, `status`; a path is `{app}`'s.",
}

EXPECTED: Final[Schema] = {
    "vendor": _text("The provider.", pattern=_NAME),
    "direction": {"enum": ["inbound", "outbound"]},
    "from": _text("Who calls.", minLength=1),
    "to": _text("Who is called.", minLength=1),
    "state": {
        "enum": ["queued", "ringing", "early media", "answered", "ended"],
        "description": "What it is in at last.",
    },
    "cause": _text("Why it ended, as the network names it: `NORMAL_CLEARING`.", minLength=1),
    "by": _text("Who ended it: caller, callee, api, program, platform, carrier, application, partner.", minLength=1),
    "callbacks": {
        "type": "array",
        "items": _text(minLength=1),
        "description": "The webhooks your application got, in order.",
    },
    "unanswered": {
        "type": "array",
        "items": _text(minLength=1),
        "description": "Those of them that it did not answer well, or that never came; none by default.",
    },
    "digits": _text("All keys the other end pressed."),
    "heard": {"type": "array", "items": _text(minLength=1), "description": "Texts that were heard, in this order."},
}

_REQUEST: Final[Schema] = {
    "at": _ref("FixedSpan", description="When, from the beginning; at once by default."),
    "vendor": _text("Whose API; by default the scenario's.", pattern=_NAME),
    "call": _object(
        "PlacedCall",
        "A call placed through the provider's own API.",
        {
            "to": _text("Whom to call.", minLength=1),
            "from": _text("Caller id; your first number by default.", minLength=1),
            "urls": _URLS,
        },
        required=["to"],
    ),
    "api": _object(
        "ApiRequest",
        "Any other request to the provider's API, as the sandbox's client; `{auth_id}` and the like are filled in.",
        {
            "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"], "description": "POST by default."},
            "path": _text("Below the provider's base URL.", pattern="^/"),
            "json": {"description": "The body."},
            "form": {"type": "object", "additionalProperties": _text(), "description": "The body, as a form."},
        },
        required=["path"],
    ),
    "app": _object(
        "AppRequest",
        "A request to your own application: what makes it do something.",
        {
            "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"], "description": "POST by default."},
            "path": _text("Below `{app}`, or a whole URL.", minLength=1),
            "json": {"description": "The body."},
            "form": {"type": "object", "additionalProperties": _text(), "description": "The body, as a form."},
        },
        required=["path"],
    ),
}

PARTS: Final[dict[str, Schema]] = {
    "Span": {
        "title": "Span",
        "description": 'Seconds, or a text with its unit, `3`, `"3s"`, `"500ms"`, `"1.5m"`, `"2h"`; or a range, '
        '`"3s..12s"`, from which the seed draws one for each call.',
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 315_360_000},
            {"type": "string", "pattern": f"^ *({_SPAN_TEXT}|{_RANGE_TEXT}) *$"},
        ],
    },
    "FixedSpan": {
        "title": "FixedSpan",
        "description": 'Seconds, or a text with its unit: `3`, `0.25`, `"3s"`, `"500ms"`, `"1.5m"`, `"2h"`.',
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 315_360_000},
            {"type": "string", "pattern": f"^ *{_SPAN_TEXT} *$"},
        ],
    },
    "Reaction": _object(
        "Reaction",
        "Do one thing (`press`, `say`, `hang_up` or `hold`) when something is heard, or at a time.",
        _REACTION,
        oneOf=[{"required": [deed]} for deed in ("press", "say", "hang_up", "hold")],
    ),
    "FarEnd": _object(
        "FarEnd",
        "Who is on the other end. By default: answers after two seconds, says hello, listens, stays.",
        _FAR_END,
        dependentSchemas=_alone("choose", "in_turn"),
    ),
    "Option": _object(
        "Option",
        "A far end and how likely it is.",
        {
            "weight": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1_000_000,
                "description": "Beside the weights of the others; 1 by default. Of 100 in all, it is per cent.",
            },
            **_FAR_END,
        },
        dependentSchemas=_alone("choose", "in_turn"),
    ),
    "IncomingCalls": _object("IncomingCalls", "Somebody calls one of your numbers, once or `count` times.", _CALLS),
    "Fault": _object("Fault", "Something that goes wrong, and when.", _FAULT, required=["fault"]),
    "Expected": _object("Expected", "How one call must have gone; what is not named may be anything.", EXPECTED),
    "Request": _object(
        "Request",
        "Something a client does: place a call, ask the provider's API, or make your application do it.",
        _REQUEST,
        oneOf=[{"required": [what]} for what in ("call", "api", "app")],
    ),
    "Play": _object(
        "Play",
        "What `ringback scenario play` does besides, and what must come of it.",
        {
            "urls": {**_URLS, "description": "The `urls` of every `call` that has none of its own."},
            "requests": {"type": "array", "items": _ref("Request"), "description": "What a client does, and when."},
            "within": _ref("FixedSpan", description="How long it goes on at most; a day by default."),
            "allow_failed": {"type": "boolean", "description": "Webhooks may go unanswered."},
            "expect": _object(
                "Expect",
                "What must come of it.",
                {
                    "calls": {
                        "type": "array",
                        "items": _ref("Expected"),
                        "description": "Every call, in order of their beginning.",
                    },
                    "others": {"type": "boolean", "description": "True: there may be further calls."},
                },
            ),
        },
    ),
}
"""The parts by name; a reference is `#/$defs/NAME`."""

SCHEMA: Final[Schema] = {
    "$schema": DIALECT,
    "$id": URL,
    **_object(
        "Ringback scenario",
        "Who is on the other end of every call, who calls you, and what goes wrong.",
        {
            "ringback": {"const": 1, "description": "The version of the format."},
            "name": _text("What it is called."),
            "description": _text("What it is for."),
            "seed": {
                "type": ["integer", "null"],
                "minimum": 0,
                "maximum": 2**53 - 1,
                "description": "Of everything that is chosen or drawn; by default the sandbox's.",
            },
            "vendor": _text("The provider of every call and request that names none.", pattern=f"^$|{_NAME}"),
            "default": _ref("FarEnd", description="Everybody whom `numbers` does not name."),
            "numbers": {
                "type": "object",
                "additionalProperties": _ref("FarEnd"),
                "description": 'By number or pattern, in quotes: `"+919876543210"`, `"+9198*"`; '
                "`{agents[0].number}` is the first agent's of `vendor`.",
            },
            "calls": {"type": "array", "items": _ref("IncomingCalls"), "description": "Who calls you, and when."},
            "faults": {"type": ["array", "null"], "items": _ref("Fault"), "description": "Bad days."},
            "settings": {
                "type": "object",
                "additionalProperties": {"type": "object"},
                "description": "What each provider keeps in its web panel, by provider.",
            },
            "play": _ref("Play"),
        },
        required=["ringback"],
    ),
    "$defs": PARTS,
}


def parts(prefix: str, names: tuple[str, ...]) -> dict[str, Schema]:
    """Some of `PARTS` for another document, whose references begin with `prefix`."""
    return {name: _moved(PARTS[name], prefix) for name in names}


def _moved(schema: Any, prefix: str) -> Any:
    if isinstance(schema, Mapping):
        return {
            key: f"{prefix}{item.removeprefix('#/$defs/')}" if key == "$ref" else _moved(item, prefix)
            for key, item in schema.items()
        }
    return [_moved(item, prefix) for item in schema] if isinstance(schema, list) else schema
