"""XML documents: what becomes a program, what is refused, and where."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest

from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.program import Fetch, Gather, HangUp, Pause, Play, Say, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.vobiz import vendor
from emulator.vendors.vobiz.language import parse
from emulator.vendors.vobiz.outcomes import (
    INVALID_ACTION_METHOD,
    INVALID_ACTION_URL,
    INVALID_REDIRECT_METHOD,
    INVALID_REDIRECT_URL,
)
from tests.vendors.vobiz.reading import REQUEST, Settings, flaw_of, read, reply

SECOND = timedelta(seconds=1)
WHOLE = "expected a whole URL such as https://app.example/next"
ENDS = "the call ends here, with hangup cause code"
UNTOLD = "nobody is told, and the call goes on"
HEARD = "it is heard here as any file is, and cannot be fetched at Vobiz"


def only(body: str, **settings: Any) -> Verb:
    (verb,) = read(f"<Response>{body}</Response>", **settings).verbs
    return verb


def gathered(attributes: str, tag: str = "Gather", inside: str = "", **settings: Any) -> Gather:
    verb = only(f'<{tag} action="http://a/b" {attributes}>{inside}</{tag}>', **settings)
    assert isinstance(verb, Gather)
    return verb


def wrong(body: str | bytes, content_type: str = "application/xml") -> InvalidDocument:
    with pytest.raises(InvalidDocument) as raised:
        read(body, content_type)
    return raised.value


# --- verbs ---------------------------------------------------------------------------------------------------------


def test_speak_has_its_defaults() -> None:
    assert only("<Speak>hello</Speak>") == Say("hello", 1, "WOMAN", "en-US", where="1:11")


def test_speak_reads_every_attribute() -> None:
    spoken = only('<Speak voice="MAN" language="hi-IN" loop="0">namaste</Speak>')
    assert spoken == Say("namaste", 0, "MAN", "hi-IN", where="1:11")


def test_speak_keeps_the_words_of_ssml_and_says_an_alias_instead() -> None:
    spoken = only('<Speak> a <emphasis>b\n c</emphasis><break time="1s"/> <sub alias="World">W</sub> d</Speak>')
    assert isinstance(spoken, Say) and spoken.text == "a b c World d"


def test_text_in_cdata_is_spoken() -> None:
    spoken = only("<Speak><![CDATA[5 < 6]]></Speak>")
    assert isinstance(spoken, Say) and spoken.text == "5 < 6"


def test_play_trims_its_url() -> None:
    assert only('<Play loop="2">\n http://a/b.mp3 \n</Play>') == Play("http://a/b.mp3", 2, where="1:11")


def test_wait_is_a_second_unless_told() -> None:
    assert only("<Wait/>") == Pause(SECOND, where="1:11")
    assert only('<Wait length="7"/>') == Pause(7 * SECOND, where="1:11")


def test_pre_answer_plays_early() -> None:
    inside = "<PreAnswer><Speak>a</Speak><Wait/><Play>http://a/b</Play></PreAnswer>"
    verbs = read(f"<Response>{inside}<Speak>b</Speak></Response>").verbs
    assert [getattr(verb, "early", None) for verb in verbs] == [True, None, True, False]


def test_redirect_fetches_with_post_unless_told() -> None:
    verb = only("<Redirect>http://a/b</Redirect>")
    assert isinstance(verb, Fetch)
    assert (verb.hook.url, verb.hook.method, verb.hook.purpose) == ("http://a/b", "POST", "redirect")
    verb = only('<Redirect method="GET">http://a/b</Redirect>')
    assert isinstance(verb, Fetch) and verb.hook.method == "GET"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("<Redirect>/next</Redirect>", INVALID_REDIRECT_URL),
        ("<Redirect>ftp://a/b</Redirect>", INVALID_REDIRECT_URL),
        ("<Redirect></Redirect>", INVALID_REDIRECT_URL),
        ('<Redirect method="PUT">http://a/b</Redirect>', INVALID_REDIRECT_METHOD),
        ('<Gather action="next"/>', INVALID_ACTION_URL),
        ('<Gather action="http://a/b" method="PUT"/>', INVALID_ACTION_METHOD),
    ],
)
def test_a_url_nobody_can_ask_ends_the_call_when_it_is_reached(body: str, cause: Any) -> None:
    assert only(body) == HangUp(cause, where="1:11")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<Redirect>/next</Redirect>", f"1:11: <Redirect>: {WHOLE}, got '/next'; {ENDS} 7024"),
        ("<Redirect>http://[::1</Redirect>", f"1:11: <Redirect>: {WHOLE}, got 'http://[::1'; {ENDS} 7024"),
        ("<Redirect>http://a:99999/b</Redirect>", f"1:11: <Redirect>: {WHOLE}, got 'http://a:99999/b'; {ENDS} 7024"),
        (
            '<Redirect method="PUT">http://a/b</Redirect>',
            f"1:11: <Redirect>: method: expected GET or POST, got 'PUT'; {ENDS} 7034",
        ),
        ('<Gather\n action="next"/>', f"1:11: <Gather>: action: {WHOLE}, got 'next'; {ENDS} 7022"),
        ('<Dial action="/x">14155550100</Dial>', f"1:11: <Dial>: action: {WHOLE}, got '/x'; {ENDS} 7022"),
        ('<Conference action="/x">a</Conference>', f"1:11: <Conference>: action: {WHOLE}, got '/x'; {ENDS} 7022"),
        (
            '<Gather action="http://a/b" method="PUT"/>',
            f"1:11: <Gather>: method: expected GET or POST, got 'PUT'; {ENDS} 7032",
        ),
        ('<Record action="next"/>', f"1:11: <Record>: action: {WHOLE}, got 'next'; {UNTOLD}"),
        ('<Gather action="next" redirect="false"/>', f"1:11: <Gather>: action: {WHOLE}, got 'next'; {UNTOLD}"),
        ("<Play>foo.mp3</Play>", f"1:11: <Play>: {WHOLE}.mp3, got 'foo.mp3'; {HEARD}"),
        (
            '<Gather action="http://a/b">\n<Play>/a</Play></Gather><PreAnswer><Play>b</Play></PreAnswer>',
            f"2:1: <Play>: {WHOLE}.mp3, got '/a'; {HEARD}; 2:36: <Play>: {WHOLE}.mp3, got 'b'; {HEARD}",
        ),
    ],
)
def test_an_address_nobody_can_ask_is_told_with_its_place_and_what_becomes_of_the_call(body: str, told: str) -> None:
    assert flaw_of(f"<Response>{body}</Response>") == told


@pytest.mark.parametrize("callback", ["dial-music", "dial-confirm", "conference-wait"])
def test_a_file_that_one_party_hears_is_told_of_as_well(callback: str) -> None:
    assert flaw_of("<Response><Play>foo</Play></Response>", callback).startswith("1:11: <Play>: ")


def test_a_right_document_has_no_flaw() -> None:
    inside = "<Play>http://a/b.mp3</Play>"
    body = f'<Gather action="https://[::1]:8/b?c">{inside}</Gather><Redirect>http://a</Redirect>'
    assert flaw_of(f"<Response>{body}</Response>") == ""


def test_an_action_nobody_can_ask_is_passed_over_when_nothing_depends_on_it() -> None:
    for attributes in ('action="next"', 'action="http://a/b" method="PUT"'):
        verb = only(f'<Gather {attributes} redirect="false"/>')
        assert isinstance(verb, Gather) and verb.hook is None


def test_hangup_refuses_an_unanswered_call_with_its_reason() -> None:
    assert only("<Hangup/>") == HangUp(refuse=REJECTED, where="1:11")
    assert only('<Hangup reason="busy"/>') == HangUp(refuse=BUSY, where="1:11")


def test_a_scheduled_hangup_lets_what_follows_run() -> None:
    verbs = read('<Response><Hangup schedule="30"/><Speak>a</Speak></Response>').verbs
    assert isinstance(verbs[0], HangUp) and verbs[0].after == 30 * SECOND


def test_a_scheduled_hangup_with_nothing_after_it_is_at_once() -> None:
    verb = only('<Hangup schedule="30"/>')
    assert isinstance(verb, HangUp) and verb.after is None


@pytest.mark.parametrize(
    "body", ["<Response/>", "<Response></Response>", "<?xml version='1.0'?><Response> </Response>"]
)
def test_an_empty_response_is_an_empty_program_that_hangs_up(body: str) -> None:
    program = read(body)
    assert program.verbs == () and program.exhausted == "hang_up"


def test_unknown_attributes_are_ignored() -> None:
    assert only('<Speak colour="red">a</Speak>') == Say("a", 1, "WOMAN", "en-US", where="1:11")


# --- gather --------------------------------------------------------------------------------------------------------


def test_gather_has_its_defaults() -> None:
    verb = gathered("")
    assert (verb.digits, verb.speech, verb.max_digits, verb.finish_on) == (True, False, 32, "#")
    assert (verb.first_timeout, verb.digit_timeout, verb.speech_timeout) == (15 * SECOND, 2 * SECOND, SECOND)
    assert (verb.ask_when_empty, verb.attempts, verb.barge_in) == (False, 1, True)
    assert verb.hook is not None
    assert (verb.hook.method, verb.hook.purpose, verb.hook.awaited, verb.hook.on_failure) == (
        "POST",
        "gather",
        True,
        "end",
    )


@pytest.mark.parametrize(
    ("attribute", "field", "wanted"),
    [
        ('executionTimeout="30"', "first_timeout", 30 * SECOND),
        ('executionTimeout="1"', "first_timeout", 5 * SECOND),
        ('executionTimeout="99"', "first_timeout", 60 * SECOND),
        ('digitEndTimeout="auto"', "digit_timeout", 2 * SECOND),
        ('digitEndTimeout="4"', "digit_timeout", 4 * SECOND),
        ('digitEndTimeout="1"', "digit_timeout", 2 * SECOND),
        ('digitEndTimeout="11"', "digit_timeout", 10 * SECOND),
        ('speechEndTimeout="3"', "speech_timeout", 3 * SECOND),
        ('numDigits="4"', "max_digits", 4),
        ('numDigits="0"', "max_digits", 1),
        ('numDigits="33"', "max_digits", 32),
        ('finishOnKey="*"', "finish_on", "*"),
        ('finishOnKey=""', "finish_on", ""),
        ('finishOnKey="none"', "finish_on", ""),
        ('inputType="speech"', "digits", False),
        ('inputType="dtmf speech"', "speech", True),
        ('inputType="speech dtmf"', "digits", True),
    ],
)
def test_gather_reads_its_attributes_and_keeps_to_their_limits(attribute: str, field: str, wanted: object) -> None:
    assert getattr(gathered(attribute), field) == wanted


def test_gather_with_redirect_false_tells_and_goes_on() -> None:
    hook = gathered('redirect="false"').hook
    assert hook is not None and (hook.awaited, hook.on_failure) == (False, "next")


def test_gather_has_prompts() -> None:
    inside = "<Speak>press 1</Speak><Wait/><Play>http://a/b</Play>"
    assert [type(verb) for verb in gathered("", inside=inside).prompts] == [Say, Pause, Play]


def test_the_setting_makes_a_silent_gather_ask() -> None:
    assert gathered("", gather_posts_on_timeout=True).ask_when_empty


def test_get_digits_has_names_and_defaults_of_its_own() -> None:
    verb = gathered("", tag="GetDigits")
    assert (verb.max_digits, verb.first_timeout, verb.digit_timeout) == (99, 5 * SECOND, 2 * SECOND)
    verb = gathered('timeout="1" digitTimeout="1" numDigits="40" retries="3" validDigits="12"', tag="GetDigits")
    assert (verb.first_timeout, verb.digit_timeout, verb.max_digits) == (SECOND, SECOND, 40)
    assert (verb.attempts, verb.valid) == (3, "12")


def test_get_digits_needs_no_action() -> None:
    verb = only('<GetDigits numDigits="1"/>')
    assert isinstance(verb, Gather) and verb.hook is None


def test_get_input_is_gather_by_another_name() -> None:
    verb = gathered('inputType="speech" executionTimeout="20"', tag="GetInput")
    assert (verb.speech, verb.first_timeout) == (True, 20 * SECOND)


# --- what is not emulated ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["Stream"])
def test_a_verb_not_emulated_yet_is_named_with_its_line(tag: str) -> None:
    with pytest.raises(NotEmulated) as raised:
        read(f"<Response>\n<Speak>a</Speak>\n  <{tag}>ws://app/x</{tag}></Response>")
    assert raised.value.name == tag
    assert "3:3" in str(raised.value)


@pytest.mark.parametrize(
    ("body", "name"),
    [('<GetDigits invalidDigitsSound="http://a/b"/>', "GetDigits invalidDigitsSound")],
)
def test_an_attribute_not_emulated_yet_is_named(body: str, name: str) -> None:
    with pytest.raises(NotEmulated) as raised:
        read(f"<Response>{body}</Response>")
    assert raised.value.name == name
    assert name in vendor.not_emulated


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("<Response>\n  <Foo/></Response>", "2:3"),
        ("<Response><MultiPartyCall>x</MultiPartyCall></Response>", "1:11"),
        ("<Response><Message>x</Message></Response>", "1:11"),
        ("<Answer/>", "1:1"),
        ('<Response xmlns="urn:x"/>', "1:1"),
        ("<Response><Speak>a</Speak>\n\n<Speak loop='x'>b</Speak></Response>", "3:1"),
        ("<Response><Speak loop='-1'>b</Speak></Response>", "1:11"),
        ("<Response><Speak><b>b</b></Speak></Response>", "1:18"),
        ("<Response><Play/></Response>", "1:11"),
        ("<Response><Play>http://a/<b/></Play></Response>", "1:26"),
        ("<Response><Wait length='0'/></Response>", "1:11"),
        ("<Response><Wait length='2' silence='true'/></Response>", "1:11"),
        ("<Response><Wait beep='maybe'/></Response>", "1:11"),
        ("<Response><Hangup reason='bored'/></Response>", "1:11"),
        ("<Response><Hangup schedule='0'/></Response>", "1:11"),
        ("<Response><Gather/></Response>", "1:11"),
        ("<Response><Gather action='http://a'><Gather action='http://a'/></Gather></Response>", "1:37"),
        ("<Response><Gather action='http://a' inputType='smell'/></Response>", "1:11"),
        ("<Response><Gather action='http://a' speechModel='x'/></Response>", "1:11"),
        ("<Response><Gather action='http://a' finishOnKey='x'/></Response>", "1:11"),
        ("<Response><GetDigits validDigits='abc'/></Response>", "1:11"),
        ("<Response><PreAnswer><Hangup/></PreAnswer></Response>", "1:22"),
        ("<Response><!-- <Foo> --><![CDATA[<Foo>]]><?x <Foo> ?>\n<Foo\n a='b'/></Response>", "2:1"),
    ],
)
def test_a_mistake_is_named_with_line_and_column(body: str, where: str) -> None:
    assert wrong(body).where == where


def test_a_comment_at_the_end_is_no_element() -> None:
    assert read("<Response><Hangup/></Response><!-- bye -->").verbs == (HangUp(refuse=REJECTED, where="1:11"),)


def test_columns_count_from_behind_a_byte_order_mark() -> None:
    assert wrong("<Response><Foo/></Response>".encode("utf-8-sig")).where == "1:11"


def test_columns_are_right_in_other_encodings() -> None:
    body = '<?xml version="1.0" encoding="UTF-16"?><Response>\n<Speak>ü</Speak><Foo/></Response>'
    assert wrong(body.encode("utf-16")).where == "2:17"


@pytest.mark.parametrize(
    "body",
    [
        "<Response>",
        "<Response/><Response/>",
        "<Response><Speak></Response>",
        "hello",
        "<Response>&nbsp;</Response>",
        "\x00",
    ],
)
def test_what_is_not_well_formed_is_refused(body: str) -> None:
    error = wrong(body)
    assert "not well-formed" in error.problem and error.where


@pytest.mark.parametrize("body", ["", "  \n"])
def test_an_empty_body_is_refused(body: str) -> None:
    assert "empty" in wrong(body).problem


@pytest.mark.parametrize("kind", ["text/html", "application/json", "text/plain", ""])
def test_another_content_type_is_refused(kind: str) -> None:
    assert "Content-Type" in wrong("<Response/>", kind).problem


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=utf-8", "Application/XML"])
def test_both_xml_types_are_taken(kind: str) -> None:
    assert read("<Response/>", kind).verbs == ()


def test_over_100_kb_is_refused_and_100_kb_is_not() -> None:
    around = "<Response><Speak></Speak></Response>"
    fits = f"<Response><Speak>{'a' * (100 * 1024 - len(around))}</Speak></Response>"
    assert len(read(fits).verbs) == 1
    assert "100 KB" in wrong(fits.replace("<Speak>", "<Speak>a")).problem


def test_a_body_that_was_cut_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="100 KB"):
        parse(reply("<Response/>", is_cut=True), REQUEST, Settings())  # type: ignore[arg-type]


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "body",
    [
        f"{BOMB}]><Response><Speak>&i;</Speak></Response>",
        f'{BOMB}]><Response><Speak voice="&i;">x</Speak></Response>',
        '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><Response><Speak>&f;</Speak></Response>',
        '<!DOCTYPE Response SYSTEM "http://127.0.0.1:9/x.dtd"><Response/>',
    ],
)
def test_entities_and_doctypes_are_refused_unread(body: str) -> None:
    assert wrong(body).problem == "a DOCTYPE is not taken"


def test_a_doctype_in_another_encoding_is_refused_too() -> None:
    body = (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><Response><Speak>&b;</Speak></Response>'
    )
    assert wrong(body.encode("utf-16")).problem == "a DOCTYPE is not taken"


@pytest.mark.parametrize("depth", [40, 250, 4000])
def test_deep_nesting_is_refused(depth: int) -> None:
    wrong(f"<Response><Speak>{'<s>' * depth}{'</s>' * depth}</Speak></Response>")


def test_a_compressed_document_is_read() -> None:
    packed = reply(gzip.compress(b"<Response><Speak>a</Speak></Response>"), headers=(("Content-Encoding", "gzip"),))
    assert len(parse(packed, REQUEST, Settings()).verbs) == 1  # type: ignore[arg-type]


def test_a_compressed_bomb_is_refused() -> None:
    packed = reply(gzip.compress(b" " * 50_000_000), headers=(("Content-Encoding", "gzip"),))
    with pytest.raises(InvalidDocument, match="100 KB"):
        parse(packed, REQUEST, Settings())  # type: ignore[arg-type]


def test_a_body_that_only_looks_compressed_is_refused() -> None:
    packed = reply(b"\x1f\x8bnonsense", headers=(("Content-Encoding", "gzip"),))
    with pytest.raises(InvalidDocument, match="gzip"):
        parse(packed, REQUEST, Settings())  # type: ignore[arg-type]


def test_interim_results_have_a_url_of_their_own() -> None:
    partial = gathered('interimSpeechResultsCallback="http://a/c" interimSpeechResultsCallbackMethod="GET"').partial
    assert partial is not None
    assert (partial.url, partial.method, partial.purpose, partial.awaited) == (
        "http://a/c", "GET", "gather-partial", False,
    )  # fmt: skip
    assert gathered("").partial is None


@pytest.mark.parametrize(
    "attributes",
    [
        'interimSpeechResultsCallback="/c"',
        'interimSpeechResultsCallback="http://a/c" interimSpeechResultsCallbackMethod="PUT"',
    ],
)
def test_interim_results_that_cannot_be_told_make_the_document_bad(attributes: str) -> None:
    with pytest.raises(InvalidDocument, match="interimSpeechResultsCallback"):
        gathered(attributes)
