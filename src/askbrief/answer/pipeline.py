"""The way of a question: gather → fuse → read → look again → rank → conclude, and what happened as one ``Trace``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from askbrief.answer.allowed import find_allowed
from askbrief.answer.fuse import DENSE_WEIGHT, fuse
from askbrief.answer.mentions import find_mentions
from askbrief.answer.query import Query
from askbrief.answer.rank import build_answer_span, rank
from askbrief.answer.reader import Reader
from askbrief.answer.retrieve import DEPTH, gather, load_candidates
from askbrief.answer.second_look import SecondLook
from askbrief.models.encoder import Encoder
from askbrief.store.generation import Derived
from askbrief.store.store import Store
from askbrief.types import Answer, Candidate, Freshness, Hit, Match, Trace

if TYPE_CHECKING:
    from askbrief.answer.dialogue import Turn

READ_PASSAGES = 10
"""Passages that are read for a question."""
REWRITE_PASSAGES = 2
"""Passages that are read to choose between rewrites."""
RANKED_SPANS = 50
"""Most spans that a trace ranks, and most answers that can be asked for."""
SHOWN_MENTIONS = 5
"""Places that are shown at least where the mentions of a phrase were asked for."""
SHOWN_GROUPS = 4
"""Most groups of answers that are shown where articles disagree."""


def search(
    query: Query, *, store: Store, derived: Derived, encoder: Encoder, freshness: Freshness, top: int = READ_PASSAGES
) -> Trace:
    """Find the passages for a question, as a trace in which nothing was read yet.

    Args:
        query: What is searched.
        store: The open store, inside its ``snapshot``.
        derived: That snapshot's indexes.
        encoder: The encoder that the store was made with.
        freshness: What the answer will be checked against.
        top: Most candidates.
    """
    began = perf_counter()
    allowed = find_allowed(store.rows, query.filters)
    depth = max(DEPTH, top)
    rows = None if allowed is None else allowed.rows
    found = gather(store, derived, encoder.encode_question, query.searched, depth=depth, allowed=rows)
    matches = fuse(found, depth=depth, boosted=query.boosted)
    candidates = load_candidates(store, matches, top=top)
    filtered = query.filters.describe_found(allowed.articles, undated=allowed.undated) if allowed else ""
    seconds = perf_counter() - began
    return build_trace(
        query, matches=matches, candidates=candidates, freshness=freshness, filtered=filtered, seconds=seconds
    )


def build_trace(
    query: Query,
    *,
    matches: Sequence[Match],
    candidates: Sequence[Candidate],
    freshness: Freshness,
    filtered: str,
    seconds: float,
) -> Trace:
    """The trace of what was found for a query, with nothing read yet.

    Args:
        query: What was searched.
        matches: All matches, best first.
        candidates: The best of them, with passage and document.
        freshness: What the answer will be checked against.
        filtered: The articles that were asked, in words; '' for all.
        seconds: How long the search took.
    """
    return Trace(
        question=query.asked,
        searched=query.searched,
        matches=tuple(matches),
        candidates=tuple(candidates),
        ranked=(),
        dense_weight=DENSE_WEIGHT,
        min_confidence=1.0,
        freshness=freshness,
        timings_ms={"search": 1000 * seconds},
        how=query.how,
        focus=query.focus,
        rewrites=query.rewrites,
        offered=query.offered,
        filters=query.filters.line,
        filtered=filtered,
    )


def mention(trace: Trace, phrase: str, query: Query, *, store: Store, derived: Derived) -> Trace:
    """The trace with the places of ``phrase`` as its answers; as it was where there is none, but for the count.

    Args:
        trace: What was found for the question as any other.
        phrase: The words whose mentions it asks for.
        query: The question.
        store: The open store, inside its ``snapshot``.
        derived: That snapshot's indexes.
    """
    began = perf_counter()
    allowed = find_allowed(store.rows, query.filters)
    rows = None if allowed is None else frozenset(allowed.rows)
    mentions, places = find_mentions(phrase, store=store, derived=derived, allowed=rows, top=RANKED_SPANS)
    timings = {**trace.timings_ms, "mentions": 1000 * (perf_counter() - began)}
    trace = replace(trace, mentions=mentions, timings_ms=timings)
    return replace(trace, ranked=tuple(places), outcome="mentions") if places else trace


def follow(
    query: Query, history: Sequence[Turn], *, search: Callable[[Query], Trace], load_reader: Callable[[], Reader]
) -> Trace:
    """Find the passages for what the question asks in its conversation.

    Of several rewrites it is the one whose best ``REWRITE_PASSAGES`` passages answer it best; the trace has what was
    read in them. A question that stands by itself is searched as typed.

    Args:
        query: As typed.
        history: The turns before, oldest first.
        search: Finds the passages for a query.
        load_reader: Gives the reader; called where there is something to choose.
    """
    from askbrief.answer.rewrite import build_rewrites, choose_rewrite, find_boosted

    began = perf_counter()
    rewrites = build_rewrites(query.asked, history)
    if not rewrites:
        return search(query)
    boosted, texts = find_boosted(history), tuple(found.text for found in rewrites)
    traces = [
        search(replace(query, searched=one.text, how=one.how, focus=one.focus, rewrites=texts, boosted=boosted))
        for one in rewrites
    ]
    best, second = 0, None
    if len(traces) > 1:
        reader = load_reader()
        with ThreadPoolExecutor(max_workers=len(traces)) as beside:
            traces = list(beside.map(lambda trace: _read_first(trace, reader), traces))
        best, second = choose_rewrite([_find_best_confidence(trace, reader) for trace in traces])
    spent = 1000 * (perf_counter() - began) - traces[best].timings_ms["search"]
    return replace(
        traces[best],
        offered=rewrites[second].text if second is not None else "",
        timings_ms={"rewrite": spent, **traces[best].timings_ms},
    )


def _read_first(trace: Trace, reader: Reader) -> Trace:
    """The trace with what its first ``REWRITE_PASSAGES`` candidates say."""
    first, rest = trace.candidates[:REWRITE_PASSAGES], trace.candidates[REWRITE_PASSAGES:]
    return replace(trace, candidates=(*read_candidates(trace.searched, first, reader), *rest))


def _find_best_confidence(trace: Trace, reader: Reader) -> float:
    """The confidence of the best span that was read so far, 0 where there is none."""
    ranked = rank(trace.searched, trace.candidates, top=1, calibration=reader.calibration)
    return ranked[0].confidence if ranked else 0.0


def find_candidates(
    question: str, *, store: Store, derived: Derived, encoder: Encoder, top: int
) -> tuple[list[Match], list[Candidate]]:
    """All matches of a question, fused, and the best ``top`` as candidates; arguments as of ``search``."""
    depth = max(DEPTH, top)
    matches = fuse(gather(store, derived, encoder.encode_question, question, depth=depth), depth=depth)
    return matches, load_candidates(store, matches, top=top)


def read_candidates(question: str, candidates: Sequence[Candidate], reader: Reader) -> list[Candidate]:
    """The candidates with the spans that ``reader`` finds in each; those that have some were read for the question."""
    unread = [candidate for candidate in candidates if not candidate.readings]
    found = iter(reader.read(question, [(candidate.document, candidate.passage) for candidate in unread]))
    return [
        candidate if candidate.readings else replace(candidate, readings=tuple(next(found))) for candidate in candidates
    ]


def read(trace: Trace, reader: Reader, second_look: SecondLook | None = None) -> Trace:
    """The trace with what ``reader`` finds in its candidates, and a second look at the leading ones, ranked."""
    began = perf_counter()
    calibration = reader.calibration
    candidates = read_candidates(trace.searched, trace.candidates, reader)
    timings = {**trace.timings_ms, "read": 1000 * (perf_counter() - began)}
    if second_look:
        began = perf_counter()
        candidates = second_look.read(trace.searched, candidates, calibration=calibration)
        timings["second_look"] = 1000 * (perf_counter() - began)
    ranked = rank(trace.searched, candidates, top=RANKED_SPANS, calibration=calibration)
    return replace(
        trace,
        candidates=tuple(candidates),
        ranked=tuple(ranked),
        min_confidence=calibration.threshold,
        timings_ms=timings,
    )


def conclude(trace: Trace, encoder: Encoder, reader: Reader, *, newest_first: bool = False) -> Trace:
    """The trace with what it comes to: the outcome, how the answers relate, and notes on the best."""
    from askbrief.answer.conclude import conclude as conclude_trace  # not for a search that reads nothing

    began = perf_counter()
    concluded = conclude_trace(trace, encoder, reader, newest_first=newest_first)
    timings = {**trace.timings_ms, "conclude": 1000 * (perf_counter() - began)}
    return replace(concluded, timings_ms=timings)


def build_answer(trace: Trace, *, top: int, with_doubtful: bool = True) -> Answer:
    """The answer that a trace shows: at most ``top`` spans, or none where the best has too little confidence.

    Args:
        trace: What happened.
        top: Most spans.
        with_doubtful: Whether alternatives count that alone would have too little confidence. The best of a group of
            answers that articles disagree on counts in any case.
    """
    places = _choose_places(trace, top=top) if trace.is_answered else []
    if not with_doubtful:
        sure = {place for place in places if trace.ranked[place].confidence >= trace.min_confidence}
        places = [place for place in places if place in sure.union(_find_leaders(trace))]
    nearest = trace.ranked[0].candidate if trace.ranked else next(iter(trace.candidates), None)
    return Answer(
        question=trace.question,
        searched=trace.searched,
        answers=tuple(build_answer_span(trace.ranked[place]) for place in places),
        hits=tuple(build_hits(trace.candidates)),
        confidence=trace.confidence,
        nearest=_build_hit(nearest) if nearest else None,
        freshness=trace.freshness,
        timings_ms=trace.timings_ms,
        outcome=trace.outcome,
        agreement=trace.agreement,
        groups=tuple(
            replace(group, members=tuple(places.index(member) for member in group.members if member in places))
            for group in trace.groups
        ),
        notes=trace.notes,
        how=trace.how,
        focus=trace.focus,
        rewrites=trace.rewrites,
        offered=trace.offered,
        filters=trace.filters,
        filtered=trace.filtered,
        mentions=trace.mentions,
    )


def _choose_places(trace: Trace, *, top: int) -> list[int]:
    """Which ranked spans are shown: where articles disagree, one of each group first, even beyond ``top``."""
    places = list(range(len(trace.ranked)))
    if trace.outcome == "mentions":
        return places[: max(top, SHOWN_MENTIONS)]
    if not (leaders := _find_leaders(trace)):
        return places[:top]
    others = [place for place in places if place not in leaders]
    return [*leaders, *others][: max(top, len(leaders))]


def _find_leaders(trace: Trace) -> list[int]:
    """The best ranked span of each group that is shown, where articles disagree; else none."""
    if trace.agreement not in ("changed", "differ"):
        return []
    return [group.members[0] for group in trace.groups[:SHOWN_GROUPS]]


def build_hits(candidates: Sequence[Candidate]) -> list[Hit]:
    """The candidates as the passages that people and programs see."""
    return [_build_hit(candidate) for candidate in candidates]


def _build_hit(candidate: Candidate) -> Hit:
    document, start = candidate.document, candidate.passage.span.start
    line, _ = document.find_line(start) or (None, None)
    return Hit(
        passage=candidate.passage,
        path=document.path,
        line=line,
        row=candidate.match.row,
        score=candidate.match.score,
        cosine=candidate.match.cosine,
        bm25=candidate.match.bm25,
        places=document.find_places(start),
        member=document.member,
        title=document.title,
        date=document.date,
    )
