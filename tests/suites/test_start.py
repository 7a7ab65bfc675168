"""What a server reads before its first answer: of every vendor no more than its name, its account and its settings."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from emulator.runtime.vendors import load_vendors
from emulator.vendor_wire.later import Later, LaterTable

STARTED = """
import json, sys
from emulator.cli import serve
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import SandboxSpec
from emulator.runtime.app import build
exchange = Exchange()
exchange.create(SandboxSpec(name="default", mode="virtual"))
build(exchange)
print(json.dumps([name for name in sys.modules if name.startswith("emulator.vendors.")]))
"""


def test_a_server_starts_without_any_translator():
    told = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, check=True, text=True)
    read = {name.split(".", 3)[3] for name in json.loads(told.stdout) if name.count(".") > 2}
    assert "accounts" in read
    assert not read & {"routes", "language", "callbacks", "applications", "errors", "records"}


@pytest.mark.parametrize("vendor", load_vendors().values(), ids=list(load_vendors()))
def test_everything_that_a_vendor_names_for_later_is_there(vendor):
    named = [getattr(vendor, name) for name in vendor.__dataclass_fields__]
    if vendor.socket is not None:
        named += [getattr(vendor.socket, name) for name in vendor.socket.__dataclass_fields__]
    later = [each for each in named if isinstance(each, Later | LaterTable)]
    assert len(later) > 5
    for each in later:
        assert callable(each.find()) if isinstance(each, Later) else each.find()
