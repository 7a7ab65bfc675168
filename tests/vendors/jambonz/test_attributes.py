"""Every attribute of every verb of the levels that are emulated: a good value, a bad one, and where its effect is seen.

`EFFECTS` names the test that shows what an attribute does; `NOTHING` those that do nothing in an emulator, and why;
`LATER` those that are refused by name. The three together are all that the validator knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.jambonz import configuring, dialling, gathering, gatherings
from emulator.vendors.jambonz.hooks import Scope
from emulator.vendors.jambonz.language import NOT_EMULATED, read_verbs
from emulator.vendors.jambonz.reading import Reading
from emulator.vendors.jambonz.settings import JambonzSettings
from emulator.vendors.jambonz.verbs import ALIASES, VERBS, Property

NOTHING: Final[dict[str, dict[str, str]]] = {
    "say": {
        "instructions": "no speech engine is told how to speak",
        "disableTtsCache": "there is no cache",
        "closeStreamOnEmpty": "speech is made whole, never streamed",
    },
    "gather": gathering.IGNORED,
    "dial": dialling.IGNORED,
    "hangup": {"headers": "SIP headers reach nobody who could read them"},
    "config": configuring.IGNORED,
    "sip:decline": {"headers": "SIP headers reach nobody who could read them"},
    "conference": gatherings.IGNORED,
    "transcribe": {
        "translationHook": "nothing is translated",
        "channel": "one leg has one far end",
    },
    "sip:refer": {
        "referTo": "every far end takes every transfer",
        "referredBy": "SIP headers reach nobody who could read them",
        "referredByDisplayName": "SIP headers reach nobody who could read them",
        "headers": "SIP headers reach nobody who could read them",
    },
    "sip:request": {
        "method": "every far end says 200 to every request",
        "body": "no far end reads it",
        "headers": "SIP headers reach nobody who could read them",
    },
}

LATER: Final[dict[str, dict[str, Any]]] = {
    "say": {"stream": True},
    "gather": {"actionHookDelayAction": {"enabled": True}},
    "dial": {"listen": {}, "stream": {}, "dub": []},
    "config": {
        "ttsStream": {"enable": True}, "listen": {"enable": True, "url": "ws://h"}, "stream": {"enable": True},
        "actionHookDelayAction": {"enabled": True},
    },
    "conference": {"record": {}, "listen": {}},
}  # fmt: skip

EFFECTS: Final[dict[str, dict[str, str]]] = {
    "say": {
        "text": "test_say_speaks_all_texts_in_order_as_often_as_told",
        "loop": "test_say_without_end_goes_on_until_somebody_hangs_up",
        "synthesizer": "test_config_changes_the_speech_of_what_follows_until_it_is_reset",
        "earlyMedia": "test_early_media",
    },
    "play": {
        "url": "test_play_asks_its_hook_once_after_all_rounds",
        "loop": "test_play_asks_its_hook_once_after_all_rounds",
        "earlyMedia": "test_early_media",
        "seekOffset": "test_a_part_of_a_file_is_played",
        "timeoutSecs": "test_a_part_of_a_file_is_played",
        "actionHook": "test_play_asks_its_hook_once_after_all_rounds",
    },
    "pause": {"length": "test_pause_waits"},
    "gather": {
        "input": "test_each_end_of_a_gather_has_its_reason",
        "actionHook": "test_each_end_of_a_gather_has_its_reason",
        "finishOnKey": "test_each_end_of_a_gather_has_its_reason",
        "numDigits": "test_each_end_of_a_gather_has_its_reason",
        "minDigits": "test_each_end_of_a_gather_has_its_reason",
        "maxDigits": "test_each_end_of_a_gather_has_its_reason",
        "interDigitTimeout": "test_each_end_of_a_gather_has_its_reason",
        "timeout": "test_a_gathers_timeout_begins_after_its_prompts_and_no_key_restarts_it",
        "speechTimeout": "test_partial_results_are_told_as_they_come",
        "partialResultHook": "test_partial_results_are_told_as_they_come",
        "listenDuringPrompt": "test_keys_in_the_prompts_count_unless_switched_off",
        "dtmfBargein": "test_keys_in_the_prompts_count_unless_switched_off",
        "recognizer": "test_recognised_speech_is_told_with_the_recognizers_language",
        "say": "test_a_key_stops_the_prompt",
        "play": "test_a_key_stops_the_prompt",
    },
    "dial": {
        "target": "test_the_first_of_several_targets_to_answer_wins",
        "timeout": "test_each_unanswered_dial_has_its_status",
        "timeLimit": "test_a_dials_time_limit_ends_the_dialled_leg",
        "actionHook": "test_a_dialled_leg_has_status_hooks_of_its_own",
        "answerOnBridge": "test_an_inbound_call_is_answered_at_once_unless_on_bridge",
        "callerId": "test_a_dialled_leg_has_status_hooks_of_its_own",
        "callerName": "test_a_callers_name_is_in_the_childs_record",
        "confirmHook": "test_who_answers_is_asked_about_and_bridged_or_declined",
        "dialMusic": "test_music_plays_to_the_caller_until_somebody_answers",
        "dtmfCapture": "test_keys_on_the_bridge_are_told_when_they_match",
        "dtmfHook": "test_keys_on_the_bridge_are_told_when_they_match",
        "onHoldHook": "test_a_party_on_hold_is_told_of",
        "transcribe": "test_a_dial_is_transcribed_while_it_lasts",
        "amd": "test_amd_tells_who_answered",
        "tag": "test_a_dials_own_tag_is_the_childs_customer_data",
    },
    "redirect": {
        "actionHook": "test_redirect_asks_its_hook_and_an_absolute_one_is_the_new_base",
        "statusHook": "test_redirect_asks_its_hook_and_an_absolute_one_is_the_new_base",
    },
    "tag": {"data": "test_a_tag_replaces_customer_data"},
    "config": {
        "synthesizer": "test_config_answers_an_inbound_call_only_where_it_needs_media",
        "recognizer": "test_config_changes_the_speech_of_what_follows_until_it_is_reset",
        "bargeIn": "test_input_beside_the_call_replaces_what_runs",
        "amd": "test_config_amd_tells_who_answered",
        "record": "test_config_records_pauses_and_stops",
        "transcribe": "test_config_transcribes_beside_the_call_until_it_is_switched_off",
        "notifyEvents": "test_events_are_told_on_a_socket_that_asked_for_them",
        "reset": "test_config_changes_the_speech_of_what_follows_until_it_is_reset",
        "earlyMedia": "test_config_answers_an_inbound_call_only_where_it_needs_media",
    },
    "sip:decline": {"status": "test_decline", "reason": "test_decline"},
    "conference": {
        "name": "test_who_is_in_a_conference_is_listed_by_its_name",
        "beep": "test_a_beep_is_heard_by_all_at_each_entry",
        "memberTag": "test_labels_of_a_member_are_kept",
        "speakOnlyTo": "test_labels_of_a_member_are_kept",
        "startConferenceOnEnter": "test_the_wait_hook_is_asked_again_until_somebody_starts_the_conference",
        "endConferenceOnExit": "test_the_end_for_one_with_end_conference_on_exit_is_the_end_for_all",
        "maxParticipants": "test_a_full_conference_lets_nobody_in",
        "joinMuted": "test_one_may_join_muted",
        "actionHook": "test_the_end_for_one_with_end_conference_on_exit_is_the_end_for_all",
        "waitHook": "test_the_wait_hook_is_asked_again_until_somebody_starts_the_conference",
        "enterHook": "test_the_enter_hook_is_asked_once_on_entry",
        "distributeDtmf": "test_keys_are_relayed_to_the_others",
        "statusEvents": "test_the_status_hook_is_told_the_events_that_were_asked_for",
        "statusHook": "test_the_status_hook_is_told_the_events_that_were_asked_for",
    },
    "enqueue": {
        "name": "test_queues_are_listed_with_their_length_and_searched_by_a_pattern",
        "actionHook": "test_a_caller_waits_is_taken_and_both_are_told_how_it_went",
        "waitHook": "test_the_wait_hook_is_sparse_and_asked_again_and_again",
        "priority": "test_a_smaller_priority_is_served_first",
    },
    "dequeue": {
        "name": "test_a_caller_waits_is_taken_and_both_are_told_how_it_went",
        "actionHook": "test_a_caller_waits_is_taken_and_both_are_told_how_it_went",
        "timeout": "test_nobody_in_the_queue_times_out",
        "beep": "test_a_certain_caller_is_taken_by_call_sid",
        "callSid": "test_a_certain_caller_is_taken_by_call_sid",
    },
    "transcribe": {
        "transcriptionHook": "test_transcribe_tells_each_utterance_and_never_ends_by_itself",
        "recognizer": "test_transcribe_tells_each_utterance_and_never_ends_by_itself",
        "earlyMedia": "test_early_media",
    },
    "dtmf": {"dtmf": "test_keys_are_sent_in_their_time", "duration": "test_keys_are_sent_in_their_time"},
    "sip:refer": {
        "actionHook": "test_a_refer_is_taken_and_the_far_end_hangs_up",
        "eventHook": "test_a_refer_is_taken_and_the_far_end_hangs_up",
    },
    "sip:request": {"actionHook": "test_a_request_inside_the_dialog_is_answered"},
}

EMULATED: Final = sorted(set(VERBS) - set(NOT_EMULATED))
BASE: Final[dict[str, dict[str, Any]]] = {
    "say": {"text": "a"}, "play": {"url": "http://h/a"}, "pause": {"length": 1}, "redirect": {"actionHook": "/x"},
    "dial": {"target": [{"type": "user", "name": "a"}]}, "tag": {"data": {}}, "sip:decline": {"status": 486},
    "conference": {"name": "a"}, "enqueue": {"name": "a"}, "dequeue": {"name": "a"}, "dtmf": {"dtmf": "1"},
    "sip:refer": {"referTo": "sip:a@h"}, "sip:request": {"method": "INFO"},
}  # fmt: skip
GOOD: Final[dict[str, Any]] = {
    "synthesizer": {"vendor": "google"}, "recognizer": {"vendor": "google"}, "bargeIn": {"enable": False},
    "say": {"text": "a"}, "play": {"url": "http://h/a"}, "amd": {"actionHook": "/x"}, "input": ["speech"],
    "target": [{"type": "user", "name": "a"}], "record": {"action": "stopCallRecording"}, "statusEvents": ["join"],
    "dtmf": "1", "srtpEncryption": "sdes",
}  # fmt: skip
BY_TYPE: Final[dict[str, Any]] = {"string": "1", "number": 1, "boolean": True, "object": {}, "array": []}


def read(name: str, /, **attributes: Any) -> Any:
    document = [{"verb": name, **BASE.get(name, {}), **attributes}]
    return read_verbs(document, Reading(Scope("http://h"), {}, JambonzSettings(strict_properties=True)))


def attributes() -> list[Any]:
    return [pytest.param(verb, known, id=f"{verb}-{known.name}") for verb in EMULATED for known in VERBS[verb].values()]


def good(known: Property) -> Any:
    return GOOD.get(known.name, BY_TYPE[known.types[0]])


@pytest.mark.parametrize("verb", EMULATED)
def test_each_attribute_has_an_effect_or_a_reason_or_is_refused(verb: str) -> None:
    tables = (EFFECTS.get(verb, {}), NOTHING.get(verb, {}), LATER.get(verb, {}))

    assert sorted(name for table in tables for name in table) == sorted(VERBS[verb])
    assert all(reason for reason in NOTHING.get(verb, {}).values())


def test_each_effect_is_shown_by_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = {test for table in EFFECTS.values() for test in table.values()}

    assert [test for test in sorted(named) if f"def {test}(" not in source] == []


@pytest.mark.parametrize(("verb", "known"), attributes())
def test_a_good_value_is_taken_unless_it_is_refused_by_name(verb: str, known: Property) -> None:
    if known.name not in LATER.get(verb, {}):
        read(verb, **{known.name: good(known)})
        return
    with pytest.raises(NotEmulated) as missing:
        read(verb, **{known.name: LATER[verb][known.name]})
    assert missing.value.name == f"{verb} {known.name}"
    assert missing.value.where == f"[0].{known.name}"


@pytest.mark.parametrize(("verb", "known"), attributes())
def test_a_bad_value_is_named_with_its_path(verb: str, known: Property) -> None:
    wrong = next(text for kind, text in BY_TYPE.items() if kind not in known.types)
    with pytest.raises(InvalidDocument) as problem:
        read(verb, **{known.name: wrong})

    assert problem.value.where == f"[0].{known.name}"
    assert known.name in problem.value.problem


@pytest.mark.parametrize(("verb", "known"), [each for each in attributes() if each.values[1].is_required])
def test_a_required_attribute_is_missed(verb: str, known: Property) -> None:
    with pytest.raises(InvalidDocument) as problem:
        read(verb, **{known.name: None})

    assert known.name in problem.value.problem


@pytest.mark.parametrize("verb", EMULATED)
def test_an_attribute_nobody_knows_is_named_where_properties_are_strict(verb: str) -> None:
    with pytest.raises(InvalidDocument, match=f"{verb}: unknown property colour"):
        read(verb, colour="red")


def test_every_verb_is_emulated_or_refused_by_name() -> None:
    later = {ALIASES.get(name, name) for name in NOT_EMULATED}

    assert later | set(EMULATED) == set(VERBS)
    assert not {"listen", "llm", "agent", "dialogflow", "lex", "rasa", "dub", "message", "alert"} & set(EMULATED)
