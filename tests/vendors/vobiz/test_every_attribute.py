"""Every element and attribute of VobizXML, as the reference lists them: each has an effect, and refuses a bad value.

What the effect is stands in the tests of each element; here none may be forgotten. Those that do nothing say why.
"""

from __future__ import annotations

import pytest

from emulator.engine.program import HangUp, Program
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.vobiz import language
from tests.vendors.vobiz.reading import read

URL = "http://a.example/b"
LONG = "x" * 51

PLAIN = {
    "Speak": ("", "hello"),
    "Play": ("", URL),
    "Wait": ("length='9'", ""),
    "DTMF": ("", "12"),
    "PreAnswer": ("", "<Speak>hello</Speak>"),
    "Redirect": ("", URL),
    "Hangup": ("", ""),
    "Gather": (f"action='{URL}'", ""),
    "GetInput": (f"action='{URL}'", ""),
    "GetDigits": (f"action='{URL}'", ""),
    "Dial": (f"action='{URL}'", "<Number>+919876543210</Number>"),
    "Number": ("", "+919876543210"),
    "User": ("", "sip:anna@example.com"),
    "Record": (f"action='{URL}'", ""),
    "Conference": (f"action='{URL}'", "room"),
    "Stream": ("", "wss://a.example/b"),
}
"""Every element with as little as it can do with: attributes, and what is inside."""

GATHER = {
    "action": ("http://a.example/c", ""), "method": ("GET", "PUT"), "inputType": ("dtmf speech", "smell"),
    "executionTimeout": ("20", "soon"), "digitEndTimeout": ("5", "soon"), "speechEndTimeout": ("5", "soon"),
    "finishOnKey": ("*", "x"), "numDigits": ("4", "some"), "interimSpeechResultsCallback": (URL, "/here"),
    "interimSpeechResultsCallbackMethod": ("GET", "PUT"), "redirect": ("false", "maybe"),
    "speechModel": (None, "psychic"), "hints": (None, None), "language": (None, None),
    "profanityFilter": (None, "maybe"), "log": (None, "maybe"),
}  # fmt: skip

TABLE: dict[str, dict[str, tuple[str | None, str | None]]] = {
    "Speak": {"voice": ("MAN", None), "language": ("fr-FR", None), "loop": ("3", "often")},
    "Play": {"loop": ("3", "often")},
    "Wait": {
        "length": ("3", "0"), "silence": ("true", "maybe"), "minSilence": ("1000", "x"), "beep": ("true", "maybe"),
    },
    "DTMF": {"async": ("false", "maybe")},
    "PreAnswer": {},
    "Redirect": {"method": ("GET", "PUT")},
    "Hangup": {"reason": ("busy", "bored"), "schedule": ("5", "0")},
    "Gather": GATHER,
    "GetInput": GATHER,
    "GetDigits": {
        "action": ("http://a.example/c", "/here"), "method": ("GET", "PUT"), "timeout": ("9", "0"),
        "digitTimeout": ("9", "0"), "numDigits": ("4", "0"), "retries": ("2", "0"), "playBeep": ("true", "maybe"),
        "validDigits": ("12", "ab"), "invalidDigitsSound": (URL, None), "finishOnKey": ("*", "x"),
        "redirect": ("false", "maybe"),
    },
    "Dial": {
        "action": ("http://a.example/c", "/here"), "method": ("GET", "PUT"), "redirect": ("false", "maybe"),
        "callbackUrl": (URL, "/here"), "callbackMethod": ("GET", "PUT"), "callerId": ("+912271264301", None),
        "callerName": ("Anna", LONG), "timeout": ("30", "0"), "timeLimit": ("60", "0"),
        "hangupOnStar": ("true", "maybe"), "dialMusic": (URL, "/here"), "confirmSound": (URL, "/here"),
        "confirmKey": ("5", "55"), "confirmTimeout": ("5", "0"), "digitsMatch": ("1,2", "a"),
        "digitsMatchBLeg": ("1", "a"), "sipHeaders": ("a=1", "a"),
    },
    "Number": {"sendDigits": ("1w2", "x"), "sendOnPreanswer": ("true", "maybe")},
    "User": {"sendDigits": ("1w2", "x"), "sendOnPreanswer": ("true", "maybe"), "sipHeaders": ("a=1", "a")},
    "Record": {
        "action": ("http://a.example/c", "/here"), "method": ("GET", "PUT"), "redirect": ("true", "maybe"),
        "timeout": ("9", "0"), "maxLength": ("9", "0"), "finishOnKey": ("#", "x"), "playBeep": ("false", "maybe"),
        "fileFormat": ("wav", "ogg"), "recordSession": ("true", "maybe"), "startOnDialAnswer": ("true", "maybe"),
        "transcriptionType": (None, "psychic"), "transcriptionUrl": (URL, "/here"),
        "transcriptionMethod": ("GET", "PUT"), "callbackUrl": (URL, "/here"), "callbackMethod": ("GET", "PUT"),
        "recordChannelType": ("stereo", "quad"),
    },
    "Conference": {
        "muted": ("true", "maybe"), "beep": ("false", "maybe"), "startConferenceOnEnter": ("false", "maybe"),
        "endConferenceOnExit": ("true", "maybe"), "stayAlone": (None, "maybe"), "maxParticipants": (None, "many"),
        "maxMembers": (None, "many"), "enterSound": (URL, "bell"), "exitSound": (URL, "bell"),
        "relayDTMF": ("true", "maybe"), "digitsMatch": ("1", "a"), "hangupOnStar": ("true", "maybe"),
        "waitSound": (URL, "/here"), "waitMethod": (None, None), "callbackUrl": (URL, "/here"),
        "callbackMethod": ("GET", "PUT"), "record": (None, "maybe"), "recordFileFormat": (None, "ogg"),
        "timeLimit": ("60", "0"), "action": ("http://a.example/c", "/here"), "method": ("GET", "PUT"),
    },
    "Stream": {
        "bidirectional": (None, "maybe"), "audioTrack": (None, "sideways"), "contentType": (None, "audio/ogg"),
        "keepCallAlive": (None, "maybe"), "streamTimeout": (None, "0"), "statusCallbackUrl": (None, "/here"),
        "statusCallbackMethod": (None, "PUT"), "extraHeaders": (None, "a"), "maxRetries": (None, "11"),
    },
}  # fmt: skip
"""A value with an effect, None for none; and a bad value, None where any text will do."""

NEEDS = {
    "minSilence": "silence='true'", "confirmTimeout": "confirmKey='5'", "callbackMethod": f"callbackUrl='{URL}'",
    "interimSpeechResultsCallbackMethod": f"interimSpeechResultsCallback='{URL}'",
    "transcriptionMethod": f"transcriptionUrl='{URL}'", "sendOnPreanswer": "sendDigits='1'",
}  # fmt: skip
"""Attributes that mean something beside another only."""

HEARD = "speech is what the far end is scripted to say: nothing is recognised, so nothing helps or hinders it"
STREAMS = "streams are not emulated; it is checked, and then refused by name (VOBIZ-107)"
NOTHING = {
    **{
        (tag, name): HEARD
        for tag in ("Gather", "GetInput")
        for name in ("speechModel", "hints", "language", "profanityFilter", "log")
    },
    ("Record", "transcriptionType"): HEARD,
    ("Conference", "stayAlone"): "the default here is not to remove, unless strict_stay_alone is set (VOBIZ-121)",
    ("Conference", "maxParticipants"): "the account's cap wins (VOBIZ-123)",
    ("Conference", "maxMembers"): "the account's cap wins (VOBIZ-123)",
    ("Conference", "waitMethod"): "waitSound is always asked by POST (VOBIZ-122)",
    ("Conference", "record"): "no file comes of it in practice (VOBIZ-128)",
    ("Conference", "recordFileFormat"): "no file comes of it in practice (VOBIZ-128)",
    **{("Stream", name): STREAMS for name in TABLE["Stream"]},
}
"""Those that do nothing in an emulator, and why."""

ROWS = [(tag, name) for tag, names in TABLE.items() for name in names]


def document(tag: str, more: str = "", without: str = "") -> str:
    attributes, inside = PLAIN[tag]
    kept = "" if without and attributes.startswith(f"{without}=") else attributes
    element = f"<{tag} {kept} {more}>{inside}</{tag}>"
    element = f"<Dial>{element}</Dial>" if tag in ("Number", "User") else element
    return f"<Response>{element}\n<Speak>on</Speak></Response>"  # where the Speak stands does not change


def outcome(tag: str, more: str = "", without: str = "") -> Program | str:
    """What is made of it: a program, or the name of what is not emulated."""
    try:
        return read(document(tag, more, without))
    except NotEmulated as gap:
        return gap.name


def test_every_element_that_is_read_is_in_the_table_and_every_one_of_the_table_is_read() -> None:
    assert {*language._READERS, *language.NOT_EMULATED, "Number", "User"} == {*TABLE} == {*PLAIN}


@pytest.mark.parametrize(("tag", "name"), ROWS)
def test_an_attribute_has_an_effect_or_a_reason_for_none(tag: str, name: str) -> None:
    value, _ = TABLE[tag][name]
    beside = NEEDS.get(name, "")
    assert (value is None) == ((tag, name) in NOTHING)
    if value is None:
        assert outcome(tag) == outcome(tag, f"{name}='{ANY.get(name, 'true')}'"), NOTHING[tag, name]
    else:
        assert outcome(tag, f"{beside} {name}='{value}'", name) != outcome(tag, beside)


ANY = {
    "speechModel": "phone_call", "hints": "yes,no", "language": "fr-FR", "transcriptionType": "hybrid",
    "maxParticipants": "5", "maxMembers": "5", "waitMethod": "GET", "recordFileFormat": "wav", "audioTrack": "both",
    "contentType": "audio/x-mulaw;rate=8000", "streamTimeout": "60", "statusCallbackUrl": URL,
    "statusCallbackMethod": "GET", "extraHeaders": "a=1", "maxRetries": "3",
}  # fmt: skip
"""A good value of one that does nothing; of those that are not here `true`."""


@pytest.mark.parametrize(("tag", "name"), ROWS)
def test_a_bad_value_makes_the_document_bad_or_ends_the_call_by_name(tag: str, name: str) -> None:
    _, bad = TABLE[tag][name]
    if bad is None:
        assert outcome(tag, f"{name}='anything at all'", name)
        return
    try:
        made = read(document(tag, f"{NEEDS.get(name, '')} {name}='{bad}'", name))
    except InvalidDocument as problem:
        assert problem.where.startswith("1:")
        assert name in problem.problem or name in ("action",)
    else:  # VOBIZ-48: an action that nobody can ask ends the call when it is reached, or is passed over
        assert name in ("action", "method")
        assert isinstance(made.verbs[0], HangUp) or made != outcome(tag)
