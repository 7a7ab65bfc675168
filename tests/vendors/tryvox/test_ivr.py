"""A menu answered rightly, wrongly, too late, not at all, with hash, with star, by voice; what is done to a B leg."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.recorder.transcript import transcript
from tests.vendors.tryvox.conftest import CALLEE, STAYS, Telco, scripted

MENU = "Press 1 for sales"  # 17 characters: 1.133 seconds
ANSWERS: dict[str, tuple[Any, str, str, str]] = {
    # who is there, digits, key that ended it, speech; or nothing at all
    "rightly": (scripted().presses("1", on="press 1"), "1", "", ""),
    "early, into the menu": (scripted().presses("1", on="press", barge_in=True), "1", "", ""),
    "wrongly": (scripted().presses("9", on="press 1"), "9", "", ""),
    "with too many keys": (scripted().presses("12345", on="press 1"), "12", "", ""),
    "slowly": (scripted().presses("1WWW", on="press 1").presses("2", on="press 1", after=3), "12", "", ""),
    "with hash": (scripted().presses("1#", on="press 1"), "1", "#", ""),
    "with hash alone": (scripted().presses("#", on="press 1"), "", "#", ""),
    "with star": (scripted().presses("*", on="press 1"), "*", "", ""),
    "by voice": (scripted().says("sales please", seconds=1, on="press 1"), "", "", "sales please"),
}


@pytest.mark.parametrize("how", ANSWERS)
async def test_a_menu_is_answered(telco: Telco, how: str) -> None:
    far_end, digits, key, speech = ANSWERS[how]
    telco.script(far_end)
    gather = {
        "verb": "Gather", "input": "dtmf speech", "action_url": f"{telco.receiver.url}/choice", "num_digits": 2,
        "timeout": 4, "say": {"text": MENU},
    }  # fmt: skip
    telco.answers(gather, {"verb": "Say", "text": "goodbye"})
    telco.answers({"verb": "Say", "text": "chosen"}, path="/choice")
    await telco.place()
    await telco.run()
    got = telco.told("/choice")
    assert (got["digits"], got["finished_on_key"] or "", got["speech_result"]) == (digits, key, speech)
    assert "goodbye" not in [line["text"] for line in transcript(list(telco.sandbox.journal.entries()))]


@pytest.mark.parametrize("far_end", [scripted(), scripted().presses("1", on="press 1", after=6)], ids=["not", "late"])
async def test_a_menu_that_is_not_answered_in_time_goes_on(telco: Telco, far_end: Any) -> None:
    telco.script(far_end)
    gather = {"verb": "Gather", "action_url": f"{telco.receiver.url}/choice", "timeout": 4, "say": {"text": MENU}}
    telco.answers(gather, {"verb": "Say", "text": "goodbye, and thank you for calling us"})
    uuid = await telco.place()
    await telco.run()
    assert telco.receiver.to("/choice") == []
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


# --- a B leg -------------------------------------------------------------------------------------------------------


async def bridged(telco: Telco) -> tuple[str, str]:
    """A call that talks with another, and what is said when that is over; both uuids."""
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}]}, {"verb": "Say", "text": "over"}, STAYS)
    parent = await telco.place()
    await telco.advance(10)
    child, _ = await telco.listed()
    return parent, child


async def test_a_b_leg_can_be_transferred_away_and_the_a_leg_goes_on(telco: Telco) -> None:
    parent, child = await bridged(telco)
    moved = await telco.request("POST", f"calls/{child}/transfer", json={"to": "+12025550145"})
    assert moved.status_code == 200
    await telco.advance(8)
    third = (await telco.listed())[0]
    assert telco.leg(child).partner is telco.leg(third)
    assert telco.leg(parent).state == "answered" and telco.leg(parent).partner is None
    texts = [line["text"] for line in transcript(list(telco.sandbox.journal.entries())) if line["leg"] == "c1.0"]
    assert "over" in texts
    await telco.request("DELETE", f"calls/{third}")
    assert (await telco.get(f"calls/{child}"))["status"] == "completed"


async def test_an_a_leg_that_is_transferred_leaves_its_b_leg_behind(telco: Telco) -> None:
    parent, child = await bridged(telco)
    await telco.request("POST", f"calls/{parent}/transfer", json={"to": "+12025550145"})
    await telco.advance(8)
    assert (await telco.get(f"calls/{child}"))["status"] == "completed"
    assert telco.leg(parent).partner is not None and telco.leg(parent).to == CALLEE


@pytest.mark.parametrize("who", ["parent", "child"])
async def test_what_is_spoken_to_a_leg_is_heard_there_alone(telco: Telco, who: str) -> None:
    legs = dict(zip(("parent", "child"), await bridged(telco), strict=True))
    await telco.request("POST", f"calls/{legs[who]}/speak", json={"text": "by the way"})
    await telco.advance(5)
    lines = transcript(list(telco.sandbox.journal.entries()))
    assert [line["leg"] for line in lines if line["text"] == "by the way"] == [telco.leg(legs[who]).id]
