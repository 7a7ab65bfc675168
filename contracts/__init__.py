"""The judge: the contracts, and whoever is held against them: the emulator, a client, a receiver of webhooks.

`check_receiver(vendor, {"answer": url, ...}, secret=...)` posts every legal callback to an application, and the illegal
ones it must refuse; `.check()` of its report fails a test. `@varied(vendor)` runs a client under answers that vary
within the contract, `answers(vendor)` draws them. `@told(vendor)` tells an application whole calls, with webhooks lost,
late, doubled and out of order, and `stories(vendor)` draws them. What all this needs comes with the extra
`ringback[contracts]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_MODULES: Final = {
    "Story": "contracts.storytelling.story",
    "StoryFailed": "contracts.storytelling.story_tests",
    "answers": "contracts.varying.plans",
    "check_receiver": "contracts.receiving.receiver_check",
    "never_goes_back": "contracts.storytelling.states",
    "stories": "contracts.storytelling.drawing",
    "tell": "contracts.storytelling.running",
    "told": "contracts.storytelling.story_tests",
    "varied": "contracts.varying.varied_client",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"contracts has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_MODULES[name]), name)
