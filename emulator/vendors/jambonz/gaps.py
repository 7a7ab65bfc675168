"""What of jambonz is not emulated, by the names that refusals give."""

from __future__ import annotations

from typing import Final

from emulator.vendors.jambonz import language, routes, updates

__all__ = ["NOT_EMULATED"]

NOT_EMULATED: Final = (
    "a websocket for statuses alone", "audio sockets", "client authentication", "tool-request hooks",
    "a websocket hook of an HTTP application", "create call confirmHook", "create call to teams", "dial target teams",
    "say stream", "dial listen, stream, dub",
    "gather actionHookDelayAction", "config listen, stream, ttsStream, actionHookDelayAction",
    "conference record, listen", "loop forever over several texts or files", "command llm and tts",
    *updates.NOT_EMULATED, *(f"verb {name}" for name in language.NOT_EMULATED), *routes.NOT_EMULATED,
)  # fmt: skip
