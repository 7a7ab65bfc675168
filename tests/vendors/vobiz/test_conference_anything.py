"""Random conferences: documents, far ends and API requests drawn at random; the application hears one true story."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.engine import events as e
from emulator.vendors.vobiz import vendor
from tests.vendors.anything import QUICK, check_sent_once, events_of, living
from tests.vendors.vobiz.conftest import Telco
from tests.vendors.vobiz.test_dial_anything import LIMIT, far_ends, some

NUMBERS = ["+919876543210", "+919876543211", "+919876543212", "+919876543213"]
attributes = st.tuples(
    some("muted", "true"), some("beep", "false"), some("startConferenceOnEnter", "false"),
    some("endConferenceOnExit", "true"), some("stayAlone", "true"), some("enterSound", "beep:2", "http://a/in.mp3"),
    some("exitSound", "beep:1"), some("relayDTMF", "true"), some("digitsMatch", "1,12", "*"),
    some("hangupOnStar", "true"), some("waitSound", "{url}/music"), some("timeLimit", "1", "20"),
    some("action", "{url}/action"), some("redirect", "false"),
).map("".join)  # fmt: skip
conferences = st.builds(
    lambda about, name: f"<Conference callbackUrl='{{url}}/event'{about}>{name}</Conference>",
    attributes,
    st.sampled_from(["red", "red", "blue"]),
)
others = st.sampled_from(["<Speak>hello</Speak>", "<Wait length='2'/>", "<Dial><Number>12</Number></Dial>"])
documents = st.lists(conferences | conferences | others, min_size=1, max_size=3).map("".join)
last_words = documents.map(lambda body: body.replace(" action='{url}/action'", ""))
sounds = st.sampled_from(["<Play>http://a/m.mp3</Play>", "<Wait/>", "", "<Hangup/>", "oops"])
rooms = st.sampled_from(["red", "blue"])
members = st.sampled_from(["1", "2", "1,2", "all"])
deeds = st.one_of(
    st.tuples(st.just("POST"), rooms, members, st.sampled_from(["Mute/", "Deaf/", "Kick/", "Kick/"])),
    st.tuples(st.just("DELETE"), rooms, members, st.sampled_from(["Mute/", "Deaf/", "Play/", ""])),
    st.tuples(st.just("POST"), rooms, members, st.just("Play/")),
    st.tuples(st.just("DELETE"), rooms, st.just(""), st.just("")),
)
lives = st.fixed_dictionaries(
    {
        "documents": st.lists(documents, min_size=2, max_size=4),
        "answers": st.tuples(last_words, sounds),
        "far_ends": st.lists(far_ends, min_size=4, max_size=4),
        "deeds": st.lists(st.tuples(st.sampled_from([0, 1, 6]), deeds), max_size=4),
        "strict": st.booleans(),
    }
)


async def live(life: dict[str, Any], check: Any) -> None:
    async with living(Telco, vendor, LIMIT) as telco:
        await _live(telco, life)
        check(telco)


async def _live(telco: Telco, life: dict[str, Any]) -> None:
    url = telco.receiver.url
    telco.receiver.content_type = "application/xml"
    telco.settings(strict_stay_alone=life["strict"])
    for path, body in zip(("/action", "/music"), life["answers"], strict=True):
        telco.answers(body.format(url=url), path=path)
    for number, far_end in zip(NUMBERS, life["far_ends"], strict=True):
        telco.script(far_end, number)
    for place, (document, number) in enumerate(zip(life["documents"], NUMBERS, strict=False)):
        telco.answers(document.format(url=url), path=f"/answer{place}")
        await telco.place(number, answer_url=f"{url}/answer{place}", time_limit=600)
    for seconds, (method, room, member, what) in life["deeds"]:
        await telco.advance(seconds)
        path = f"Conference/{room}/{f'Member/{member}/' if member else ''}{what}"
        response = await telco.request(method, path, json={"url": "http://a/b.mp3"})
        assert response.status_code in (202, 204, 404), response.text
        await check_lists(telco)
    await telco.run()


async def check_lists(telco: Telco) -> None:
    """The API shows who is in: as the engine has it, and only answered calls."""
    for name in (await telco.get("Conference/"))["conferences"]:
        shown = await telco.get(f"Conference/{name}/")
        assert shown["conference_member_count"] == str(len(shown["members"])) != "0"
        assert all(telco.leg(member["call_uuid"]).state == "answered" for member in shown["members"])


def check_end(telco: Telco) -> None:
    """Every call has its time limit."""
    for leg in telco.sandbox.engine.legs.values():
        assert leg.state == "ended", leg.run
    assert telco.sandbox.engine.rooms.by_id == {}


def check_story(telco: Telco) -> None:
    """Each member enters and leaves once; the first is called first, and the last one last."""
    forms = [received.form for received in telco.receiver.to("/event")]
    inside: dict[str, dict[str, str]] = {}
    ever: Counter[str] = Counter()
    for form in forms:
        room, who = form["ConferenceUUID"], form["ConferenceMemberID"]
        members_ = inside.setdefault(room, {})
        if form["ConferenceAction"] == "enter":
            ever[room] += 1
            members_[who] = form["CallUUID"]
        elif form["ConferenceAction"] == "exit":
            assert members_.pop(who) == form["CallUUID"]
        else:
            assert members_[who] == form["CallUUID"]
    assert not any(inside.values())
    assert sum(form.get("ConferenceFirstMember") == "true" for form in forms) == len(ever)
    assert sum(form.get("ConferenceLastMember") == "true" for form in forms) == len(ever)


def check_callbacks(telco: Telco) -> None:
    """Nothing is sent twice but as a retry."""
    check_sent_once(telco)
    kinds = Counter((each.leg, each.callback) for each in map(_request, telco.sandbox.outbox.deliveries.values()))
    assert all(count == 1 for (_, callback), count in kinds.items() if callback in ("ring", "hangup"))


def _request(delivery: Any) -> Any:
    return delivery.request


def check_stays(telco: Telco) -> None:
    """Whoever came has left, in the engine as in the callbacks."""
    inside: list[tuple[str, str]] = []
    for event in events_of(telco):
        if isinstance(event, e.MemberJoined):
            inside.append((event.room.id, event.member.id))
        elif isinstance(event, e.MemberLeft):
            inside.remove((event.room.id, event.member.id))
    assert inside == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_conferences_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    def check(telco: Telco) -> None:
        check_end(telco)
        check_story(telco)
        check_callbacks(telco)
        check_stays(telco)

    asyncio.run(live(life, check))
