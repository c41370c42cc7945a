"""An evaluation as text for people: its figures, where questions were lost, what changed, and the worst cases."""

from __future__ import annotations

import json
from collections.abc import Sequence

from askbrief.evaluation.calibrate import Fitted
from askbrief.evaluation.figures import Figures, Share
from askbrief.evaluation.measure import Result
from askbrief.evaluation.report import Changes, Evaluation
from askbrief.text.display import count_noun, one_line, shorten

WORST = 10
"""Most cases that are shown."""
_NAME_WIDTH = 22
_SHOWN_CHARACTERS = 120
_LOST = {
    "rewriting": "the follow-up was not understood",
    "search": "no passage with the answer was found",
    "reading": "other words of the passages were taken",
    "threshold": "the answer was found, and held back as too unsure",
}


def describe_evaluation(evaluation: Evaluation) -> str:
    """The whole report, several lines."""
    parts = [_describe_figures(evaluation.figures)]
    if any(evaluation.figures.lost.values()):
        parts.append(_describe_losses(evaluation.figures.lost))
    if worst := find_worst(evaluation.results):
        parts.append("\n".join(["worst cases", *(f"  {_describe_case(result)}" for result in worst)]))
    if evaluation.changes:
        parts.append(_describe_changes(evaluation.changes))
    if evaluation.calibration:
        parts.append(describe_calibration(evaluation.calibration))
    return "\n\n".join(parts)


def find_worst(results: Sequence[Result]) -> list[Result]:
    """The wrong answers, the surest first, then the questions that should have been answered and were not."""
    wrong = [result for result in results if result.is_right is False]
    return sorted(wrong, key=lambda result: (not result.found, -result.confidence, result.name))[:WORST]


def describe_calibration(calibration: Fitted) -> str:
    """The fitted numbers and where they belong."""
    lines = [
        f"calibration on {count_noun(calibration.questions, 'question')}",
        _line("slope", f"{calibration.slope}"),
        _line("offset", f"{calibration.offset}"),
    ]
    if calibration.threshold is None:
        lines.append(_line("threshold", "not fitted: give at least 5 questions that the folder does not answer"))
    else:
        lines.append(_line("threshold", f"{calibration.threshold}"))
    return "\n".join(lines)


def describe_card(calibration: Fitted) -> str:
    """The fitted numbers as the reader's card has them, one line of JSON."""
    names = ("slope", "offset", "threshold", "retrieval_weight")
    fields = {name: getattr(calibration, name) for name in names}
    return f'"calibration": {json.dumps({name: value for name, value in fields.items() if value is not None})}'


def _describe_figures(figures: Figures) -> str:
    facts = {
        "questions": f"{figures.questions:,}",
        "right answers": _describe_share(figures.right),
        "F1": _describe_share(figures.f1),
        "false answers": _describe_share(figures.false_answers, of="that the folder does not answer"),
        "marked wrong, repeated": f"{figures.repeated} of {figures.rejected}" if figures.rejected else "",
        "calibration error": _percent(figures.calibration_error),
    }
    if figures.top_1 is not None:
        depths = ((1, figures.top_1), (5, figures.top_5), (10, figures.top_10))
        facts["right passage"] = ", ".join(f"top {depth}: {_percent(share)}" for depth, share in depths)
        facts["MRR"] = f"{figures.mrr:.3f}"
    facts["time"] = f"p50 {figures.p50_ms:.0f} ms, p95 {figures.p95_ms:.0f} ms"
    return "\n".join(_line(name, fact) for name, fact in facts.items() if fact)


def _describe_losses(lost: dict[str, int]) -> str:
    lines = [_line(f"  to {step}", f"{count:>4}  {_LOST[step]}") for step, count in lost.items() if count]
    return "\n".join(["lost", *lines])


def _describe_case(result: Result) -> str:
    if result.answers:
        wanted = f"expected “{result.answers[0]}”"
    else:
        wanted = "the folder does not say" if result.is_absent else "marked wrong"
    given = f"“{result.found}”" if result.found else "no answer"
    where = f", {result.path}" if result.path else ""
    lost = f" [{result.lost}]" if result.lost else ""
    shown = [shorten(text, _SHOWN_CHARACTERS) for text in (result.name, given, wanted)]
    return one_line(f"{shown[0]}: {shown[1]} ({result.confidence:.0%}{where}); {shown[2]}{lost}")


def _describe_changes(changes: Changes) -> str:
    lines = ["changed since the baseline"]
    if changes.f1:
        f1 = changes.f1
        lines.append(_line("  F1", f"{100 * f1.value:+.1f} points (95 %: {100 * f1.low:+.1f} to {100 * f1.high:+.1f})"))
    for title, names in (("now right", changes.gained), ("now wrong", changes.lost), ("other words", changes.reworded)):
        lines += [_line(f"  {title}", shorten(one_line(name), _SHOWN_CHARACTERS)) for name in names]
    for title, count in (("only here", changes.added), ("only in the baseline", changes.removed)):
        if count:
            lines.append(_line(f"  {title}", count_noun(count, "question")))
    if not (changes.gained or changes.lost or changes.reworded):
        lines.append("  no answer is another")
    return "\n".join(lines)


def _describe_share(share: Share | None, *, of: str = "that the folder answers") -> str:
    if share is None:
        return ""
    return (
        f"{_percent(share.value)} (95 %: {_percent(share.low)} to {_percent(share.high)}) of {share.questions:,} {of}"
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _line(name: str, fact: str) -> str:
    return f"{name:{_NAME_WIDTH}}  {fact}"
