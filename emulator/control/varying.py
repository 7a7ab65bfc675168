"""How the answers of a sandbox's providers vary: set, and shown."""

from __future__ import annotations

from emulator.control import requests as r
from emulator.control.answers import AnswersAnswer
from emulator.control.operations import Operation, Visit

__all__ = ["OPERATIONS"]


async def get(visit: Visit) -> AnswersAnswer:
    return AnswersAnswer(visit.sandbox.answers)


async def put(visit: Visit) -> AnswersAnswer:
    body: r.NewAnswers = visit.body
    visit.sandbox.put_answers(body.answers)
    return AnswersAnswer(visit.sandbox.answers)


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/answers", "getAnswers", "How the providers' answers vary.", get,
              AnswersAnswer, tag="answers"),
    Operation("PUT", "/sandboxes/{sandbox}/answers", "putAnswers",
              "Let the providers' answers vary, for requests from now on; answers are counted anew.", put,
              AnswersAnswer, body=r.NewAnswers, tag="answers"),
)  # fmt: skip
