"""What the report of a story that fails says of it: the story, what happened, what does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.storytelling.story import Story

__all__ = ["Failure", "body", "how_asked", "lines_of"]


@dataclass
class Failure:
    """A story that failed: with what, its ladder, and what the application raised."""

    story: Story
    error: Exception
    ladder: str
    problems: Sequence[BaseException]


def body(failure: Failure) -> list[str]:
    """Story, ladder, and what was raised, by the test and by the application; an empty line at the end."""
    lines = ["The story:", *(f"  {line}" for line in lines_of(failure.story)), "", "What happened:"]
    lines += [f"  {line}".rstrip() for line in failure.ladder.splitlines()]
    lines += ["", "What does not hold:"]
    lines += [f"  {line}" for line in f"{type(failure.error).__name__}: {failure.error}".splitlines()]
    raised = [f"The application raised {type(each).__name__}: {each}{_where(each)}" for each in failure.problems]
    for said in list(dict.fromkeys(raised))[:2]:
        lines += ["", said]
    return [*lines, ""]


def lines_of(story: Story) -> list[str]:
    """A story in words."""
    return story.text().splitlines()


def how_asked(story: Story) -> Iterator[str]:
    """What there is to know of a story that the application begins, when its file is played."""
    if story.begins == "asked" and story.asks is not None:
        title = f"{story.asks.get('method', 'POST')} {story.asks.get('path', '/')}"
        yield f"It is asked {title} there, and knows the account only if `asks` says it: {{base_url}}, {{auth_id}}, …"


def _where(problem: BaseException) -> str:
    """The last line of the application's own."""
    at = problem.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f", at {Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at is not None else ""
