"""The records that flow through askbrief. All frozen; none knows how it was made."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters ``[start, end)``; ``0 <= start <= end``."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of ``text`` in this span."""
        return text[self.start : self.end]

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies inside."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one character."""
        return self.start < other.end and other.start < self.end


PlaceKind = Literal[
    "page",
    "row",
    "sheet",
    "slide",
    "notes",
    "chapter",
    "heading",
    "message",
    "item",
    "line",
    "time",
    "quoted",
    "section",
]
BlockKind = Literal["title", "heading", "dateline", "byline", "metadata", "paragraph", "item", "cell", "code", "quoted"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of a document stands in the original: a page, a row, a message, a time.

    Attributes:
        start: First character in the document's text.
        end: Character after the last.
        kind: What it is.
        number: Its number in the original, from 1; None where it has none.
        label: What people call it: a printed page number, a column's header, a chapter's title, "00:12:31"; "" if
            nothing.
    """

    start: int
    end: int
    kind: PlaceKind
    number: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document that no sentence and no answer leaves: a headline, a paragraph, a list item, a cell.

    "metadata" blocks (front matter, a row of tags) are kept in the text, but never become passages.
    """

    start: int
    end: int
    kind: BlockKind


@dataclass(frozen=True, slots=True)
class Document:
    """One article, extracted once, then never rewritten.

    Attributes:
        id: 16 hexadecimal digits, derived from everything below but the paths: equal articles have equal ids.
        title: The headline; '' when there is none.
        text: The text that every offset in askbrief counts characters of; lines end in LF.
        date: Publication date, where the article states one.
        paths: The files that hold it, relative to the folder, with ``/``, sorted; more than one for copies.
        author: As the article states it; '' when it does not.
        blocks: The blocks of the text in order, not overlapping; they hold every character that is not white space.
        places: Sorted by start, then from the outer to the inner; may nest, never partly overlap.
        runs: Pairs (character of the text, character of the decoded file) where a stretch copied from the file begins;
            () where text and file are the same, None where the lines are not the file's own.
        lines: Where each line of the decoded file begins; () unless ``runs`` lead to one.
        member: Its name inside its file, "a/b.html"; '' for a file that is one article.
        encoding: The encoding that its file was read in; '' where it has none. As the next two, no part of what it is.
        certainty: How sure that is, in [0, 1].
        replaced: Bytes of the file that were not valid in it.
    """

    id: str
    title: str
    text: str
    date: date | None
    paths: tuple[str, ...]
    author: str = ""
    blocks: tuple[Block, ...] = ()
    places: tuple[Place, ...] = ()
    runs: tuple[tuple[int, int], ...] | None = ()
    lines: tuple[int, ...] = ()
    member: str = ""
    encoding: str = field(default="", compare=False)
    certainty: float = field(default=1.0, compare=False)
    replaced: int = field(default=0, compare=False)

    @property
    def path(self) -> str:
        """The first of ``paths``."""
        return self.paths[0]

    def find_places(self, offset: int) -> tuple[Place, ...]:
        """The places that hold the character at ``offset``, from the outer to the inner."""
        return tuple(place for place in self.places if place.start <= offset < place.end)

    def find_line(self, offset: int) -> tuple[int, int] | None:
        """Line and column in the file of the character at ``offset``, from 1; None where the lines are not its own."""
        if self.runs is None:
            return None
        if not self.runs:
            start = self.text.rfind("\n", 0, offset) + 1
            return self.text.count("\n", 0, start) + 1, offset - start + 1
        at = bisect_right(self.runs, (offset, len(self.text))) - 1
        start, source = self.runs[max(0, at)]
        place = source + max(0, offset - start)
        line = max(1, bisect_right(self.lines, place))
        return line, place - (self.lines[line - 1] if self.lines else 0) + 1


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of a document, ``passage.span.of(document.text) == passage.text``."""

    document_id: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that dense or lexical search found: raw scores, then their mix. Plain numbers.

    Attributes:
        row: The passage's number in its store; breaks ties.
        cosine: Cosine of question and passage vectors, in [-1, 1].
        bm25: BM25 score, at least 0; 0 where the passage shares no word with the question.
        shard: Number of the store, from 0.
        score: The fused score, in [0, 1], comparable within one question only; 0 before fusion.
        dense_rank: Place by cosine among the matches, from 1; 0 before fusion.
        lexical_rank: Place by BM25 among the matches, from 1; 0 before fusion, and without a shared word.
        document_id: The document that the passage is part of.
    """

    row: int
    cosine: float
    bm25: float
    shard: int = 0
    score: float = 0.0
    dense_rank: int = 0
    lexical_rank: int = 0
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A span of a document that may answer the question.

    Attributes:
        span: Place in the document.
        margin: Log-odds against "not here"; above 0 the reader takes the span for an answer.
    """

    span: Span
    margin: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match with its text, and what was read in it.

    Attributes:
        match: Its scores.
        passage: The passage.
        document: The document that it is part of.
        readings: The spans of the reader, or of both, best first; empty before reading.
        is_read_twice: Whether the larger reader read it too.
    """

    match: Match
    passage: Passage
    document: Document
    readings: tuple[Reading, ...] = ()
    is_read_twice: bool = False


@dataclass(frozen=True, slots=True)
class RankedSpan:
    """A span among those of all candidates.

    Attributes:
        candidate: Where it was read.
        reading: The span with its margin.
        confidence: Probability in [0, 1] that it answers the question.
    """

    candidate: Candidate
    reading: Reading
    confidence: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query.

    Attributes:
        passage: What was found.
        path: First path of its document.
        line: Line of the passage's first character, from 1; None where the lines are not the file's own.
        row: The passage's number in the store; breaks ties.
        score: The mix of both searches, in [0, 1], comparable within one query only; higher is better.
        cosine: Cosine of question and passage vectors, in [-1, 1].
        bm25: BM25 score, at least 0; 0 where the passage shares no word with the query.
        places: The places in the original that hold its first character, from the outer to the inner.
        member: Name of its document inside its file; '' for a file that is one article.
        title: Title of its document; '' without one.
        date: Date of its document, where known.
    """

    passage: Passage
    path: str
    line: int | None
    row: int
    score: float
    cosine: float
    bm25: float
    places: tuple[Place, ...] = ()
    member: str = ""
    title: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """The exact words that answer a question, and where they stand.

    Attributes:
        text: The words, verbatim: ``span.of(document.text) == text``.
        confidence: Probability in [0, 1] that these words answer the question.
        document_id: Id of the document.
        path: Its first path, relative to the folder.
        title: Its title; '' when there is none.
        date: Its publication date, where known.
        span: Place of ``text`` in the document.
        sentence: Place of the whole sentence or sentences around it in the document.
        sentence_text: ``sentence.of(document.text)``.
        line: Line of the first character, from 1; None where the lines are not the file's own.
        column: Column of the first character in that line, in characters, from 1; None where ``line`` is None.
        score: The reader's margin in log-odds: best span against "not here".
        places: The places in the original that hold the first character, from the outer to the inner.
        member: Name of the document inside its file; '' for a file that is one article.
        doubt: Why its letters may not be those that were written; '' where nothing speaks for that.
    """

    text: str
    confidence: float
    document_id: str
    path: str
    title: str
    date: date | None
    span: Span
    sentence: Span
    sentence_text: str
    line: int | None
    column: int | None
    score: float
    places: tuple[Place, ...] = ()
    member: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the folder that is not in the index, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """What an answer was checked against.

    Attributes:
        generation: Number of the index's state; grows by one with each change.
        documents: Articles in the index.
        passages: Passages in the index.
        added: Files read for the first time by the refresh before the answer.
        changed: Files read again.
        removed: Files that are gone.
        renamed: Files with the text of one that is gone; neither added nor removed.
        skipped: Files that could not be read.
        checked: Whether the folder was compared with the index at all.
        shards: Shards of the index; 0 where it is one store.
        missing: Numbers, from 0, of the shards that nobody could serve: what they hold was not asked.
    """

    generation: int
    documents: int
    passages: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    skipped: tuple[SkippedFile, ...] = ()
    checked: bool = True
    shards: int = 0
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a text file was decoded.

    Attributes:
        encoding: Its encoding, as Python names it.
        certainty: How sure that is, in [0, 1].
        replaced: Bytes that were not valid in it.
    """

    encoding: str
    certainty: float = 1.0
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """An index, and how it differs from its folder.

    Attributes:
        articles: Absolute folder of the articles.
        index: Absolute folder of the index.
        index_bytes: Size of the index on disk.
        encoder: Name or folder of the encoder.
        fingerprint: The encoder's fingerprint.
        reader: Name or folder of the reader.
        dense: How vectors are searched: "exact" or "2 bits a dimension".
        freshness: What the index holds.
        pending: Paths that are new or changed since the last refresh, sorted.
        gone: Paths that are in the index but no longer in the folder.
        encodings: How the files that are not sound UTF-8 were decoded, by path.
        others: Files of other kinds, counted by ending; they are not read.
        partly: Files that were read in part, and what was not read of them.
    """

    articles: str
    index: str
    index_bytes: int
    encoder: str
    fingerprint: str
    reader: str
    dense: str
    freshness: Freshness
    pending: tuple[str, ...]
    gone: tuple[str, ...]
    encodings: Mapping[str, Decoding]
    others: Mapping[str, int]
    partly: tuple[SkippedFile, ...] = ()


Outcome = Literal["answered", "statement", "no_short_answer", "not_in_documents", "mentions"]
"""What the documents say: a short answer; the sentence that speaks to a yes/no question; something near but no short
answer; nothing near; the places of a phrase that was asked for."""
AgreementKind = Literal["one", "several", "changed", "differ"]


@dataclass(frozen=True, slots=True)
class Note:
    """What an expression in an answer means; ours, apart from the verbatim words.

    Attributes:
        kind: Whether it tells who or when.
        span: The expression, in the answer's document.
        text: Its words, verbatim.
        meaning: What it means: a name as the document has it, or a date.
        source: Where the document names it; None for a date, which is worked out from the document's own.
        description: The note for people: "on Saturday = 24 May 2025 (article of Sunday 25 May)".
    """

    kind: Literal["antecedent", "date"]
    span: Span
    text: str
    meaning: str
    source: Span | None
    description: str


@dataclass(frozen=True, slots=True)
class AnswerGroup:
    """Answers that say the same.

    Attributes:
        text: The words of the most precise of them.
        members: Their places among the ranked spans, from 0, the best first.
        date: Date of the latest article among them, where one is known.
        documents: How many articles say it.
    """

    text: str
    members: tuple[int, ...]
    date: date | None
    documents: int


@dataclass(frozen=True, slots=True)
class Mentions:
    """How often the articles have a phrase.

    Attributes:
        phrase: The words that were looked for.
        count: Places.
        documents: Articles with at least one.
    """

    phrase: str
    count: int
    documents: int


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened to a question; answers and explanations are views of it.

    Attributes:
        question: As asked.
        searched: The question as it was searched.
        matches: What both searches found, best first, near-duplicates included.
        candidates: The best of them, without near-duplicates, as read; best first.
        ranked: The spans of all candidates that say different things, best first.
        dense_weight: Share of the dense score in the fused score, in [0, 1].
        min_confidence: Below this confidence of the best span the answer is "not in these articles"; the reader's.
        freshness: What the answer was checked against.
        timings_ms: Milliseconds by step.
        outcome: What the documents say.
        agreement: How the ranked spans relate that are about as likely as the best.
        groups: Those of them that say the same together; the newest first where they changed.
        notes: Who and when is meant in the span that is shown first, and its sentence.
        how: How ``searched`` was made of ``question``.
        focus: The earlier words that it takes up; '' for none.
        rewrites: All that was considered for ``searched``; () where it was searched as typed.
        offered: A rewrite that was nearly as good and may answer otherwise; '' for none.
        filters: The filters, as a question line has them; '' for none.
        filtered: The articles that were asked, in words; '' for all.
        mentions: How often they have the phrase whose mentions were asked for; None for another question.
    """

    question: str
    searched: str
    matches: tuple[Match, ...]
    candidates: tuple[Candidate, ...]
    ranked: tuple[RankedSpan, ...]
    dense_weight: float
    min_confidence: float
    freshness: Freshness
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    outcome: Outcome = "not_in_documents"
    agreement: AgreementKind = "one"
    groups: tuple[AnswerGroup, ...] = ()
    notes: tuple[Note, ...] = ()
    how: str = "as typed"
    focus: str = ""
    rewrites: tuple[str, ...] = ()
    offered: str = ""
    filters: str = ""
    filtered: str = ""
    mentions: Mentions | None = None

    @property
    def confidence(self) -> float:
        """The confidence of the best span, in [0, 1]; 0 without one."""
        return self.ranked[0].confidence if self.ranked else 0.0

    @property
    def is_answered(self) -> bool:
        """Whether the documents answer the question."""
        return self.outcome in ("answered", "statement", "mentions")

    def find_document(self, document_id: str) -> Document | None:
        """The article of that id, if any of it was read."""
        read = (*self.candidates, *(ranked.candidate for ranked in self.ranked))
        return next((found.document for found in read if found.document.id == document_id), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What askbrief says to a question; "not in these articles" is an ``Answer`` too.

    Attributes:
        question: As asked.
        searched: The question as it was searched.
        answers: Best first; empty when the documents do not answer.
        hits: The passages that were read, best first.
        confidence: Probability in [0, 1] that the documents answer with the best span found.
        nearest: The passage that came closest; None only when nothing is indexed.
        freshness: What the answer was checked against.
        timings_ms: Milliseconds by step.
        outcome: What the documents say.
        agreement: How the answers relate that are about as likely as the best.
        groups: Those that say the same together; members count in ``answers``, later ones are left out.
        notes: Who and when is meant in the first answer and its sentence.
        how: How ``searched`` was made of ``question``.
        focus: The earlier words that it takes up; '' for none.
        rewrites: All that was considered for ``searched``; () where it was searched as typed.
        offered: A rewrite that was nearly as good and may answer otherwise; '' for none.
        filters: The filters, as a question line has them; '' for none.
        filtered: The articles that were asked, in words; '' for all.
        mentions: How often they have the phrase whose mentions were asked for; None for another question.
    """

    question: str
    searched: str
    answers: tuple[AnswerSpan, ...]
    hits: tuple[Hit, ...]
    confidence: float
    nearest: Hit | None
    freshness: Freshness
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    outcome: Outcome = "answered"
    agreement: AgreementKind = "one"
    groups: tuple[AnswerGroup, ...] = ()
    notes: tuple[Note, ...] = ()
    how: str = "as typed"
    focus: str = ""
    rewrites: tuple[str, ...] = ()
    offered: str = ""
    filters: str = ""
    filtered: str = ""
    mentions: Mentions | None = None

    @property
    def answered(self) -> bool:
        """Whether the documents answer the question."""
        return bool(self.answers)

    @property
    def text(self) -> str:
        """The words of the best answer, or ''."""
        return self.answers[0].text if self.answers else ""

    @property
    def summary(self) -> str:
        """The words of the best answer, or what is said in their place."""
        if self.answers:
            return self.text
        if self.mentions is not None:
            return f"mentioned {self.mentions.count:,} times" if self.mentions.count != 1 else "mentioned once"
        return "no short answer found" if self.outcome == "no_short_answer" else "not in these articles"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a long task.

    Attributes:
        stage: What is being done, such as "Indexing".
        done: Units done: files, questions, or steps of a compilation.
        total: All units; 0 = unknown.
        is_slow: Whether it is known to take seconds; its last ``stage`` says what came of it.
        seconds: How long the whole stage is estimated to take, where that is long.
        passages: Passages encoded so far.
        details: Technical figures, for those who ask for them.
        unit: What is counted.
    """

    stage: str
    done: int
    total: int
    is_slow: bool = False
    seconds: float | None = None
    passages: int = 0
    details: str = ""
    unit: str = "file"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do.

    Attributes:
        name: One word.
        outcome: "failed" where askbrief cannot do its work, or not with what is there; "warning" where it can.
        found: A sentence or facts.
        advice: What to do; '' if nothing.
    """

    name: str
    outcome: Literal["ok", "warning", "failed"]
    found: str
    advice: str = ""
