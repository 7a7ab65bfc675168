"""What happened, in words: for whoever waited for something else.

Pure: everything is made from what the control API answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.errors import RingbackError

__all__ = ["DidNotHappen", "is_dropped", "is_on_purpose", "is_unanswered", "tell_call", "tell_calls", "tell_delivery"]

FROM_FAR_END: Final = frozenset({"greeting", "pressed", "spoken"})


class DidNotHappen(RingbackError, AssertionError):
    """Something else happened than was waited for: the text tells what. `expected` is the first line alone."""

    def __init__(self, expected: str, instead: str = "") -> None:
        self.expected, self.instead = expected, instead
        super().__init__(f"{expected}\n\n{instead}" if instead else expected)


def is_unanswered(delivery: Mapping[str, Any]) -> bool:
    """Failed for good, hung, without a good answer so far, or answered with a document that something is wrong with;
    one given up because nobody wants it any more is not."""
    if delivery["state"] == "abandoned":
        return any(attempt["is_hung"] for attempt in delivery["attempts"])
    return bool(delivery["state"] != "delivered" or delivery["problem"])


def is_dropped(delivery: Mapping[str, Any]) -> bool:
    """Given up before anything of it arrived: the application never knew. Faults that hold it up lead to that."""
    return bool(delivery["state"] == "abandoned") and not any(map(_has_arrived, delivery["attempts"]))


def _has_arrived(attempt: Mapping[str, Any]) -> bool:
    """As far as anybody knows: what times out may have."""
    if attempt["fault"] and attempt["fault"]["fault"] in ("lost", "answer-lost"):
        return bool(attempt["fault"]["fault"] == "answer-lost")
    return bool(attempt["error"] != "connection")


def is_on_purpose(delivery: Mapping[str, Any]) -> bool:
    """A fault struck or copied it: whoever set the fault knows how it went."""
    return bool(delivery["copied_by"]) or any(attempt["fault"] for attempt in delivery["attempts"])


def tell_delivery(delivery: Mapping[str, Any]) -> str:
    """One line: what was sent where, and how it went."""
    word = f" ({delivery['word']})" if delivery["word"] else ""
    request = delivery["request"]
    return f"{delivery['id']} {delivery['callback']}{word} {request['method']} {request['url']}: {_went(delivery)}"


def _went(delivery: Mapping[str, Any]) -> str:
    attempts = delivery["attempts"]
    count = f" after {len(attempts)} attempts" if len(attempts) > 1 else ""
    if is_dropped(delivery):
        why = f": {_last(delivery, attempts[-1])}" if attempts else ""
        return f"it never arrived{count}{why}; then nobody waited for its answer any more"
    if not attempts:
        return f"{delivery['state']}, never sent"
    return f"{delivery['state']}{count}, {_last(delivery, attempts[-1])}"


def _last(delivery: Mapping[str, Any], attempt: Mapping[str, Any]) -> str:
    if delivery["problem"]:
        return str(delivery["problem"])
    if attempt["response"]:
        return attempt["text"] or f"answered {attempt['response']['status']}"
    if attempt["fault"] and attempt["fault"]["fault"] == "lost":
        return f"lost on the way by fault {attempt['fault']['name']}"
    if attempt["is_hung"]:
        return "no answer: the application was silent for the sandbox's patience"
    if attempt["error"] == delivery["state"]:
        return str(attempt["text"])
    return f"{attempt['error']}: {attempt['text']}" if attempt["error"] else "not answered yet"


def tell_call(call: Mapping[str, Any], only_unanswered: bool = False) -> str:
    """A call's ladder, what was said, and its deliveries."""
    lines = [call["ladder"]["text"].rstrip("\n")]
    if call["transcript"]:
        lines += ["", "what was said:", *map(_line, call["transcript"])]
    deliveries = [each for each in call["deliveries"] if not only_unanswered or is_unanswered(each) or is_dropped(each)]
    if deliveries:
        lines += ["", "webhooks that went wrong:" if only_unanswered else "webhooks:"]
        for delivery in deliveries:
            lines += [f"  {tell_delivery(delivery)}", *_body(delivery)]
    return "\n".join(lines)


def _line(line: Mapping[str, Any]) -> str:
    who = "far end" if line["kind"] in FROM_FAR_END else "provider" if line["kind"] == "recorded" else "application"
    return f"  {line['at'][11:19]}  {who:<11}  {line['kind']:<8}  {line['text']}"


def _body(delivery: Mapping[str, Any]) -> Iterable[str]:
    """The beginning of an answer that was no good: it often says why."""
    if is_unanswered(delivery) and delivery["attempts"]:
        response = delivery["attempts"][-1]["response"]
        if response and response["encoding"] == "utf-8":
            for line in response["body"].strip().splitlines()[:12]:
                yield f"    | {line[:160]}"


def tell_calls(calls: Iterable[Mapping[str, Any]], only_unanswered: bool = False) -> str:
    """Every call, apart from the next by an empty line."""
    return "\n\n".join(tell_call(call, only_unanswered) for call in calls) or "There was no call."
