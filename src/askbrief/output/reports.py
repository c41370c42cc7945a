"""Reports about a folder and its index as text for people and as JSON for programs: status, plans, verdicts, checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from askbrief.answer.schema import SCHEMA, as_json, build_freshness_fields
from askbrief.doctor.verify import OUTCOMES, Claims, FoundSpan, Verdict
from askbrief.index.plan import Plan
from askbrief.output.text import describe_skipped
from askbrief.text.display import count_noun, describe_seconds, one_line
from askbrief.types import Check, Decoding, Status

_FACTS = ("articles", "index", "index_bytes", "encoder", "fingerprint", "reader", "dense")
_NAME_WIDTH = 10


def describe_status(status: Status) -> str:
    """What is indexed, one fact on each line."""
    freshness = status.freshness
    facts = {
        "articles": status.articles,
        "index": f"{status.index} ({status.index_bytes / 1e6:.1f} MB, generation {freshness.generation})",
        "holds": f"{count_noun(freshness.documents, 'article')}, {count_noun(freshness.passages, 'passage')}",
        "encoder": f"{status.encoder} ({status.fingerprint})",
        "reader": status.reader,
        "vectors": status.dense,
        "state": _describe_state(status),
    }
    if status.others:
        facts["not read"] = ", ".join(f"{count:,} {ending}" for ending, count in sorted(status.others.items()))
    lines = [f"{name:{_NAME_WIDTH}}{fact}" for name, fact in facts.items()]
    lines += [_describe_decoding(path, found) for path, found in sorted(status.encodings.items())]
    lines += [f"partly read {file.path}: {file.reason}" for file in status.partly]
    lines += describe_skipped(freshness)
    return "\n".join(map(one_line, lines))


def _describe_decoding(path: str, found: Decoding) -> str:
    doubts = [f"{found.certainty:.0%} sure"] if found.certainty < 1 else []
    doubts += [f"{count_noun(found.replaced, 'byte')} not valid"] if found.replaced else []
    said = f" ({', '.join(doubts)})" if doubts else ""
    return f"{found.encoding:{_NAME_WIDTH}}{path}{said}"


def _describe_state(status: Status) -> str:
    changes = ((len(status.pending), "new or changed"), (len(status.gone), "gone"))
    parts = [f"{count_noun(count, 'file')} {what}" for count, what in changes if count]
    return f"{' and '.join(parts)} since it was indexed; the next question reads that" if parts else "up to date"


def status_as_json(status: Status) -> str:
    """``status`` as one line of JSON, schema 1."""
    return as_json(
        {
            "schema": SCHEMA,
            **{name: getattr(status, name) for name in _FACTS},
            "freshness": build_freshness_fields(status.freshness),
            "up_to_date": not (status.pending or status.gone),
            "pending": list(status.pending),
            "gone": list(status.gone),
            "encodings": {path: found.encoding for path, found in status.encodings.items()},
            "certainty": {path: round(found.certainty, 4) for path, found in status.encodings.items()},
            "replaced": {path: found.replaced for path, found in status.encodings.items() if found.replaced},
            "others": dict(status.others),
            "partly": [{"path": file.path, "reason": file.reason} for file in status.partly],
        }
    )


def describe_plan(plan: Plan) -> str:
    """What a refresh would do: a line for each file, then a line of totals."""
    lines = [(path, "added", "") for path in plan.added]
    lines += [(path, "changed", "") for path in plan.changed]
    lines += [(path, "renamed", f", before {old}") for old, path in plan.renamed]
    lines += [(path, "removed", "") for path in plan.removed]
    lines += [(file.path, "skipped", f": it {file.reason}") for file in plan.unreadable]
    counts = Counter(what for _, what, _ in lines)
    kinds = ("added", "changed", "renamed", "removed", "skipped")
    summary = ", ".join(f"{counts[what]:,} {what}" for what in kinds if counts[what]) or "nothing to do"
    if plan.seconds:
        summary += f"; {describe_seconds(plan.seconds)} of encoding"
    return "\n".join([*(one_line(f"{what:{_NAME_WIDTH}}{path}{more}") for path, what, more in sorted(lines)), summary])


def plan_as_json(plan: Plan) -> str:
    """``plan`` as one line of JSON, schema 1."""
    return as_json(
        {
            "schema": SCHEMA,
            "added": list(plan.added),
            "changed": list(plan.changed),
            "renamed": [{"from": old, "to": new} for old, new in plan.renamed],
            "removed": list(plan.removed),
            "unreadable": [{"path": file.path, "reason": file.reason} for file in plan.unreadable],
            "touched": list(plan.touched),
            "characters": plan.characters,
            "seconds": round(plan.seconds, 1),
        }
    )


def describe_verdict(verdict: Verdict) -> str:
    """One line: the outcome, the words, where they were, and where they are now or why they are gone."""
    before, now = verdict.claim.place, verdict.place
    after = f" → {_describe_place(now)}" if verdict.outcome == "moved" and now else ""
    reason = f" ({verdict.reason})" if verdict.reason else ""
    return one_line(f"{verdict.outcome:{_NAME_WIDTH}}{verdict.claim.text} · {_describe_place(before)}{after}{reason}")


def describe_verdicts(verdicts: Sequence[Verdict], claims: Claims) -> str:
    """One line of totals: the outcomes, and what was not compared."""
    counts: Counter[str] = Counter(verdict.outcome for verdict in verdicts)
    parts = [f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES if counts[outcome]]
    refused = f"; {count_noun(claims.refused, 'question')} without an answer left out" if claims.refused else ""
    return f"{count_noun(len(verdicts), 'answer')}{': ' if parts else ''}{', '.join(parts)}{refused}"


def verdicts_as_json(verdicts: Sequence[Verdict], claims: Claims) -> str:
    """Verdicts as one line of JSON, schema 1."""
    counts: Counter[str] = Counter(verdict.outcome for verdict in verdicts)
    return as_json(
        {
            "schema": SCHEMA,
            "verdicts": [_verdict_fields(verdict) for verdict in verdicts],
            "counts": {outcome.replace(" ", "_"): counts[outcome] for outcome in OUTCOMES},
            "refused": claims.refused,
            "blank": claims.blank,
        }
    )


def describe_check(check: Check) -> str:
    """A check on one line, or on two if there is something to do."""
    lines = [f"{check.outcome:{_NAME_WIDTH}}{check.name:{_NAME_WIDTH}}{check.found}"]
    if check.advice:
        lines.append(f"{'':{2 * _NAME_WIDTH}}→ {check.advice}")
    return "\n".join(map(one_line, lines))


def checks_as_json(checks: Sequence[Check]) -> str:
    """Checks as one line of JSON, schema 1."""
    names = ("name", "outcome", "found", "advice")
    return as_json(
        {
            "schema": SCHEMA,
            "sound": all(check.outcome != "failed" for check in checks),
            "checks": [{name: getattr(check, name) for name in names} for check in checks],
        }
    )


def _describe_place(place: FoundSpan) -> str:
    path = f"{place.path}!{place.member}" if place.member else place.path
    return f"{path}:{place.line}:{place.column}" if place.line is not None else path


def _verdict_fields(verdict: Verdict) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "input_line": claim.number,
        "question": claim.question,
        "text": claim.text,
        "outcome": verdict.outcome.replace(" ", "_"),
        "before": _place_fields(claim.place),
        "now": _place_fields(verdict.place) if verdict.place else None,
        "reason": verdict.reason,
    }


def _place_fields(place: FoundSpan) -> dict[str, Any]:
    return {
        "path": place.path,
        "start": place.span.start,
        "end": place.span.end,
        "line": place.line,
        "column": place.column,
    }
