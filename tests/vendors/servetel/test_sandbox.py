"""Servetel in a sandbox: replayed, seeded, and light to import."""

from __future__ import annotations

import subprocess
import sys

from emulator.runtime.exchange import Exchange
from emulator.runtime.replay import rebuild
from emulator.runtime.spec import Options
from emulator.scenarios.builder import FarEndBuilder
from emulator.vendors.servetel import vendor
from tests.fakes.receiver import Receiver
from tests.vendors.servetel.conftest import BUSY, CUSTOMER, Desk


async def played(receiver: Receiver) -> Desk:
    """A sandbox that saw a little of everything."""
    exchange = Exchange(Options(), {"servetel": vendor})
    desk = Desk(exchange, receiver, name="same", seed=7)
    press = {"recording": {"type": "url", "data": "http://a.example/menu.mp3", "dtmf": {}}}
    desk.script(FarEndBuilder().presses("1", on="menu"))
    sales = {"id": "21", "name": "Sales", "agents": ["1002"]}
    transfer = {"transfer": {"type": "department", "data": "21"}}
    await desk.dialplan([press], [transfer], departments=[sales], record_calls=True)
    desk.arrive()
    await desk.advance(20)
    (row,) = await desk.live()
    for option in ({"type": 1, "agent_id": "1003"}, {"type": 3, "agent_id": "1003"}, {"type": 4, "intercom": "1001"}):
        await desk.post("/v1/call/options", {**option, "call_id": row["call_id"]})
        await desk.advance(4)
    await desk.call(custom_identifier={"order": 7})
    await desk.call(BUSY, **{"async": 0})
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][1])
    await desk.post(f"/v1/agent/{desk.agent['id']}/block")
    await desk.advance(5)
    await desk.hang_up()
    return desk


async def test_equal_seeds_give_equal_journals(receiver: Receiver) -> None:
    journals = []
    for _ in range(2):
        desk = await played(receiver)
        journals.append(b"".join(desk.sandbox.journal.lines()))
        await desk.exchange.close()
    assert journals[0] == journals[1]


async def test_a_sandbox_rebuilt_from_its_journal_has_the_same_calls(receiver: Receiver) -> None:
    desk = await played(receiver)
    again = rebuild(desk.sandbox.journal.entries(), {"servetel": vendor})
    assert [leg.snapshot() for leg in again.engine.legs.values()] == [
        leg.snapshot() for leg in desk.sandbox.engine.legs.values()
    ]
    assert [delivery.body() for delivery in again.outbox.deliveries.values()] == [
        delivery.body() for delivery in desk.sandbox.outbox.deliveries.values()
    ]
    await desk.exchange.close()


def test_names_cost_nothing_until_somebody_needs_them() -> None:
    code = (
        "import sys; from emulator.ids import Ids; from emulator.vendors.servetel import vendor; "
        "vendor.seed(Ids(1), True); assert 'faker' not in sys.modules; "
        "vendor.seed(Ids(1), False); assert 'faker' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
