"""The answers as a table for a person, and as rows for docs/acceptance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from acceptance.answers import Answer, Question, Verdict

HEAD = "| | question | what we assume | why it matters | answered |"
_RULE = "|---|---|---|---|---|"


@dataclass(frozen=True)
class Answered:
    question: Question
    answer: Answer


def screen(answered: Sequence[Answered]) -> str:
    width = max(len(one.question.id) for one in answered)
    return "\n".join(
        f"{one.question.id:{width}}  {one.answer.verdict:12}  {one.answer.says}" for one in answered
    )


def counted(answered: Sequence[Answered]) -> str:
    return ", ".join(
        f"{sum(one.answer.verdict is verdict for one in answered)} {verdict}" for verdict in Verdict
    )


def markdown(
    questions: Sequence[Question], answers: Mapping[str, Answer], run_id: str = "", day: date | None = None
) -> str:
    """The whole table; what has no answer is open."""
    rows = [
        "| "
        + " | ".join(
            _cell(text)
            for text in (
                f"`{one.id}`",
                one.asks,
                one.assumed,
                one.matters,
                _answered(answers.get(one.id), run_id, day),
            )
        )
        + " |"
        for one in questions
    ]
    return "\n".join([HEAD, _RULE, *rows]) + "\n"


def _answered(answer: Answer | None, run_id: str, day: date | None) -> str:
    if answer is None:
        return "open"
    if answer.verdict is Verdict.NOT_ANSWERED:
        return f"open ({answer.says})"
    return f"{answer.verdict} ({day}, run {run_id}): {answer.says}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
