"""Rewriting follow-ups: what "where?" or "who replaced him?" asks, in questions that can be searched by themselves.

``build_rewrites`` knows only strings: the question, and what was asked and answered before. It gives at most four
candidates, none where the question stands by itself; the caller reads a few passages for each, and
``choose_rewrite`` takes the one that was answered best.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from askbrief.answer.grammar import AUXILIARIES, Parsed, find_lemma, is_past, parse_question
from askbrief.answer.names import CALENDAR, COUNTRIES, Kind, Name, find_names, guess_gender, is_same
from askbrief.text import fold

MAX_REWRITES = 4
MAX_TURNS = 4
"""Turns that are looked back."""
BOOST = 0.12
"""What the mixed score of a passage gains that stands in an article of the last two answers."""
BOOSTED_TURNS = 2
RANK_COST = 0.3
"""Log-odds that each place in the order of the candidates costs."""
CLOSE = 1.0
"""Candidates whose log-odds differ less than this are close: the second is worth offering."""

How = Literal["as typed", "same question, other question word", "names put in", "name exchanged", "topic added"]


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier answer, as far as it matters for what follows.

    Attributes:
        text: Its words.
        sentence: The sentence around them.
        document_id: The article's id.
        title: The article's title.
        date: The article's date, where known.
    """

    text: str
    sentence: str = ""
    document_id: str = ""
    title: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question.

    Attributes:
        asked: As typed.
        searched: As searched.
        answers: Its answers, best first; none where the documents did not answer.
        focus: The ``focus`` of the rewrite that was searched; ``""`` where it was searched as typed.
    """

    asked: str
    searched: str
    answers: tuple[Said, ...] = ()
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A question that can be searched by itself.

    Attributes:
        text: The question.
        how: How it was made.
        focus: The earlier words that it takes up; ``""`` for none.
    """

    text: str
    how: How
    focus: str = ""


@dataclass(frozen=True, slots=True)
class _Focus:
    """Something spoken of before that a follow-up may mean."""

    text: str
    kind: Kind
    gender: str
    is_name: bool
    is_topic: bool = False
    """Whether the last question asked for it and was answered with it, or spoke of it by a pronoun."""


_LEAD = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?|well|then|also|now|thanks?(?: you)?)\b[,:]?\s+|back to (?P<topic>[^:,]+)[:,]\s*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:what|how) about\s+(?P<rest>.+)$", re.IGNORECASE)
_BARE = re.compile(
    r"(?P<wh>where|when|why|how|since when|how (?:long|often|much|many|far|come|so|old)|with whom|by whom|for how long"
    r"|what for|at what time|what time|which day|what year|how many(?: times)?|from where|where to|where from)"
    r"(?:\s+exactly|\s+precisely)?",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"(?P<wh>where|when|why|how|how long|how often|what time)\s+(?:(?:was|is|did|does|will|has|had)\s+)(?:that|this|it)"
    r"(?:\s+(?:be|happen|happened|take place|occur|been|so))?",
    re.IGNORECASE,
)
_HE = "he him his himself"
_SHE = "she her hers herself"
_THEY = "they them their theirs themselves these those"
_IT = "it its itself this that"
PRONOUNS: dict[str, str] = {
    word: group
    for group, words in (("he", _HE), ("she", _SHE), ("they", _THEY), ("it", _IT), ("there", "there"), ("then", "then"))
    for word in words.split()
}
_POSSESSIVES = frozenset("his her its their".split())
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")
FUNCTION_WORDS = frozenset(
    """
a an the of and or but in on at to for with by from as than what which who whom whose when where why how did do does
is are was were be been being has have had can could will would should may might must that this these those it its
their his her they he she him them there then not no so if about any some many much more most long old big often time
one ones first before after again still also too other else same new last next kind happen happened people
""".split()
)
_INNER = re.compile(
    r"\b(?:that|because|if|when|while|before|after|whether|since|until|but|and)\s(?:\w+\s)?$", re.IGNORECASE
)
_NUMBER_PRONOUN = re.compile(
    r"\b(?:the|that|which)\s+(?:first|second|third|other|previous|next|last|earlier|one)\b", re.I
)
MAX_SHORT_WORDS = 6
MAX_FOCUS_WORDS = 7


def build_rewrites(question: str, history: Sequence[Turn]) -> tuple[Rewrite, ...]:
    """What a follow-up may ask, best first; empty where the question is to be searched as typed.

    Args:
        question: As typed.
        history: The turns before, oldest first.
    """
    turns = list(history)[-MAX_TURNS:][::-1]
    if not turns:
        return ()
    lead = _LEAD.match(question.strip())
    core = question.strip()[lead.end() if lead else 0 :].strip()
    topic = (lead["topic"] or "") if lead else ""
    if not core.rstrip("?!. "):
        return ()
    bare = core.rstrip("?!. ")
    foci = _find_foci(turns)
    if topic:
        foci = [*_match_topic(topic, foci), *foci]
    if _BARE.fullmatch(bare) or _EVENT.fullmatch(bare):
        found = _swap_question_words(_question_words(bare), turns)
    elif (about := _ABOUT.match(bare)) or (lead and not topic and not parse_question(core)):
        found = _exchange(about["rest"] if about else bare, turns)
    elif _stands_alone(core, turns, is_continued=bool(topic)):
        return ()
    elif pronouns := _find_pronouns(core):
        found = _put_in(core, pronouns, foci, turns)
    else:
        found = _add_topic(core, foci, turns)
    return _keep_best(found)


def choose_rewrite(confidences: Sequence[float]) -> tuple[int, int | None]:
    """Which candidate to answer, and the one to offer beside it, if any is close.

    Args:
        confidences: For each candidate in order the best probability in [0, 1] that reading two passages for it gave.

    Returns:
        The place of the candidate with the best log-odds less ``RANK_COST`` a place, and that of the second, if it is
        within ``CLOSE``.
    """
    if not confidences:
        raise ValueError("no candidate")
    scored = sorted((-(_logit(c) - RANK_COST * rank), rank) for rank, c in enumerate(confidences))
    second = scored[1] if len(scored) > 1 and scored[1][0] - scored[0][0] < CLOSE else None
    return scored[0][1], second[1] if second else None


def find_boosted(history: Sequence[Turn]) -> frozenset[str]:
    """Ids of the articles whose passages gain ``BOOST``: those of the best answers of the last two turns."""
    return frozenset(said.document_id for turn in history[-BOOSTED_TURNS:] for said in turn.answers[:1])


def _logit(confidence: float) -> float:
    limited = min(1 - 1e-6, max(1e-6, confidence))
    return math.log(limited / (1 - limited))


def _keep_best(found: Iterable[Rewrite]) -> tuple[Rewrite, ...]:
    kept: dict[str, Rewrite] = {}
    for rewrite in found:
        text = " ".join(rewrite.text.split()).rstrip("?!. ,") + "?"
        kept.setdefault(fold(text), Rewrite(text, rewrite.how, rewrite.focus))
    return tuple(kept.values())[:MAX_REWRITES]


def _stands_alone(core: str, turns: Sequence[Turn], *, is_continued: bool) -> bool:
    """Whether a question is searched as typed: it names something new, or is long and points at nothing before."""
    words = [fold(word) for word in _WORD.findall(core)]
    names = find_names(core)
    said = " ".join([f"{turn.asked} {turn.searched} {_answer_text(turn)}" for turn in turns])
    known = set(map(fold, _WORD.findall(said)))
    has_new_name = any(not set(map(fold, _WORD.findall(name.text))) & known for name in names)
    points = _find_pronouns(core)
    if points:
        # A pronoun behind a name or noun of its own question may stand for that.
        if bool(names) and has_new_name and all(names[0].span.start < start for start, _, _ in points):
            return True
        return all(_INNER.search(core[:start]) for start, _, _ in points) and _find_group_noun(core)
    if is_continued or _NUMBER_PRONOUN.search(core):
        return False
    if names:
        return has_new_name or len(words) > MAX_SHORT_WORDS or _is_complete(core)
    return len(words) > MAX_SHORT_WORDS + 2


def _find_group_noun(core: str) -> bool:
    """Whether the question asks for a kind of thing that its own pronoun may stand for ("what group … that it …")."""
    parsed = parse_question(core)
    return parsed is not None and (" " in parsed.phrase or parsed.phrase.lower() == "who") and parsed.is_subject


def _is_complete(core: str) -> bool:
    """Whether a short question with a known name says what it asks about it ("how old is the Grizzly Giant?")."""
    parsed = parse_question(core)
    if parsed is None:
        return False
    names = find_names(core)
    content = [w for w in _WORD.findall(core) if fold(w) not in FUNCTION_WORDS]
    in_names = {word for name in names for word in _WORD.findall(name.text)}
    outside = [w for w in content if w not in in_names]
    at = core.find(parsed.rest)
    subject_is_name = (
        any(
            not core[at : name.span.start].strip() or fold(core[at : name.span.start].strip()) in ("the", "a")
            for name in names
        )
        if not parsed.is_subject
        else len(outside) >= 1
    )
    return subject_is_name and (bool(outside) or parsed.phrase.lower() in ("who", "what", "where"))


def _find_pronouns(core: str) -> list[tuple[int, int, str]]:
    """Start, end and group of the pronouns that point back; not "that" as a conjunction nor "it" for the weather."""
    found = []
    for match in _WORD.finditer(core):
        word = fold(match.group())
        group = PRONOUNS.get(word)
        if group is None:
            continue
        before = core[: match.start()].rstrip()
        after = _WORD.search(core, match.end())
        following = fold(after.group()) if after else ""
        if (
            word == "that"
            and following
            and before
            and fold(before.split()[-1]) not in AUXILIARIES | {"of", "in", "on", "after", "before"}
        ):
            if not (following in ("fire", "day", "year") or _is_noun_after_that(core, match.start())):
                continue
        if word == "there" and before and fold(before.split()[-1]) in AUXILIARIES and following:
            continue
        if word == "it" and following in ("true", "possible", "likely", "raining"):
            continue
        found.append((match.start(), match.end(), group))
    return found


def _is_noun_after_that(core: str, start: int) -> bool:
    """Whether "that" leads a noun ("has that fire burned"), by the auxiliary somewhere right before it."""
    before = core[:start].split()
    return bool(before) and fold(before[-1]) in AUXILIARIES


def _find_foci(turns: Sequence[Turn]) -> list[_Focus]:
    """What may be meant, most likely first: of each turn, the last first, its answer where that names what the
    question asked for, names typed, the answer otherwise, names and nouns of the question searched; then the names of
    the last answer's sentence.
    """
    found: list[_Focus] = []
    for turn in turns:
        parsed = parse_question(turn.searched)
        words = fold(parsed.phrase).split() if parsed else []
        asks_person = words[:1] in (["who"], ["whom"])
        names_thing = asks_person or (len(words) > 1 and words[0] in ("which", "what"))
        answer = [
            _with_article(focus, said.sentence)
            for said in turn.answers[:1]
            for focus in _find_answer_foci(said.text, parsed, asks_person)
        ]
        if turn is turns[0] and names_thing:
            answer = [replace(focus, is_topic=focus.is_name) for focus in answer]
        typed = _find_typed_foci(turn.asked)
        searched = _find_typed_foci(turn.searched)
        if parsed and parsed.auxiliary in ("is", "was", "are", "were") and asks_person and len(typed) == 1:
            if fold(typed[0].text) == fold(parsed.rest):  # "who is Ana Ruiz?" goes on about her
                typed, answer, names_thing = [replace(typed[0], is_topic=True, kind="person")], [], False
        if turn is turns[0] and len(typed) == 1 and not names_thing:
            typed = [replace(typed[0], is_topic=True)]
        if turn is turns[0] and not typed and _find_pronouns(turn.asked):
            searched = [replace(f, is_topic=fold(f.text) == fold(turn.focus)) for f in searched]
            searched.sort(key=lambda focus: not focus.is_topic)
        phrases = [_Focus(phrase, "", "", is_name=False) for phrase in _find_phrases(turn.searched)]
        found += [*(answer if names_thing else []), *typed, *answer, *searched, *phrases]
    for said in (said for turn in turns[:2] for said in turn.answers[:1]):
        found += map(_from_name, [*find_names(said.sentence), *find_names(said.title)])
    return _merge_foci(found)


def _find_answer_foci(text: str, parsed: Parsed | None, asks_person: bool) -> list[_Focus]:
    names = find_names(text)
    if asks_person and names:
        return [_Focus(name.text, name.kind or "person", name.gender, is_name=True) for name in names[:1]]
    if _is_nominal(text, parsed):
        only = names[0] if len(names) == 1 else None
        kind: Kind = (only.kind if only else "") or ("person" if asks_person else "")
        text = text.strip(' ,;:."“”')
        return [_Focus(text, kind, only.gender if only else "", is_name=bool(only))]
    return [_from_name(name) for name in names]


def _with_article(focus: _Focus, sentence: str) -> _Focus:
    """A name with "the", where its sentence says so."""
    found = re.search(rf"\b[Tt]he\s{re.escape(focus.text)}\b", sentence)
    return replace(focus, text=f"the {focus.text}") if found and focus.is_name else focus


def _find_typed_foci(question: str) -> list[_Focus]:
    """The names of a question, with "the" where it says so."""
    found = []
    for name in find_names(question):
        article = "the " if question[: name.span.start].lower().endswith("the ") else ""
        found.append(replace(_from_name(name), text=article + name.text))
    return found


def _from_name(name: Name) -> _Focus:
    return _Focus(name.text, name.kind, name.gender, is_name=True)


def _merge_foci(found: Iterable[_Focus]) -> list[_Focus]:
    """Each thing once, where it came first; a surname as the full name, where that came too."""
    kept: list[_Focus] = []
    for focus in found:
        same = next((at for at, other in enumerate(kept) if _is_one(other, focus)), None)
        if same is None:
            kept.append(focus)
        elif len(focus.text) > len(kept[same].text) and focus.is_name:
            old = kept[same]
            kept[same] = replace(
                focus, kind=focus.kind or old.kind, gender=focus.gender or old.gender, is_topic=old.is_topic
            )
    return kept


def _is_one(one: _Focus, other: _Focus) -> bool:
    """Whether two words are for one thing: equal but for an article, or a person's surname and full name."""
    a, b = ([w for w in fold(x.text).split() if w not in ("the", "a", "an")] for x in (one, other))
    return a == b or (
        one.is_name and other.is_name and a[-1:] == b[-1:] and is_same(one.text, other.text) and a[-1] not in COUNTRIES
    )


def _is_nominal(answer: str, parsed: Parsed | None) -> bool:
    """Whether an answer can be spoken of afterwards: a name or noun, and no date, number or reason."""
    words = [fold(word) for word in _WORD.findall(answer)]
    if (
        not words
        or len(words) > MAX_FOCUS_WORDS
        or words[0] in ("in", "on", "at", "from", "by", "after", "before", "because", "to", "more", "about", "was")
    ):
        return False
    if any(word in CALENDAR for word in words) or words[0][0].isdigit():
        return False
    phrase = fold(parsed.phrase) if parsed else ""
    return not phrase.startswith(("when", "why", "how")) and not any(is_past(word) for word in words)


def _find_phrases(question: str) -> list[str]:
    """The nouns of a question with the words before them ("the windstorm", "tsunami warning"), the last first."""
    parsed = parse_question(question)
    if parsed is None:
        return []
    spans = [name.text for name in find_names(question)]
    found: list[str] = []
    for part in (parsed.rest, " ".join(parsed.phrase.split()[1:])):
        run: list[str] = []
        for word in [*part.replace(",", " , ").split(), "."]:
            plain = fold(word.strip("?!.,"))
            if plain and plain not in FUNCTION_WORDS and not (is_past(plain) and not run) and plain[0].isalnum():
                run.append(word)
            else:
                if run and not any(" ".join(run) in name or name in " ".join(run) for name in spans):
                    found.append(" ".join(run))
                run = []
    return found[:3]


def _match_topic(topic: str, foci: Sequence[_Focus]) -> list[_Focus]:
    """The earlier things that "back to X" names, else X itself."""
    words = {fold(word) for word in _WORD.findall(topic)} - FUNCTION_WORDS
    matching = [
        focus for focus in foci if words & {fold(w) for part in focus.text.split() for w in re.split(r"[-]", part)}
    ]
    return sorted(matching, key=lambda focus: -len(focus.text)) or [_Focus(topic, "", "", is_name=False)]


def _question_words(bare: str) -> str:
    found = _EVENT.fullmatch(bare) or _BARE.fullmatch(bare)
    return found["wh"] if found else bare


def _swap_question_words(wh: str, turns: Sequence[Turn]) -> list[Rewrite]:
    """The question before with another question word; its answer stands where its own question word stood."""
    found: list[Rewrite] = []
    for turn in turns:
        parsed = parse_question(turn.searched)
        if parsed is None:
            continue
        answer = _answer_text(turn)
        for filled in _fill_in(wh, parsed, answer):
            found.append(Rewrite(filled, "same question, other question word", turn.searched))
        break
    return found


def _fill_in(wh: str, parsed: Parsed, answer: str) -> list[str]:
    wh = wh.lower()
    if wh == "how come":
        wh = "why"
    if not parsed.is_subject:
        if not parsed.auxiliary:
            return []
        plain = f"{wh} {parsed.auxiliary} {parsed.rest}"
        head = fold(parsed.phrase).split()[:1]
        takes_object = head in (["what"], ["which"], ["whom"], ["who"]) and parsed.auxiliary in (
            "did",
            "does",
            "do",
            "will",
        )
        if takes_object and answer and len(answer.split()) <= MAX_FOCUS_WORDS:
            last = parsed.rest.split()[-1]
            joined = f"{plain} {answer}" if fold(last) not in ("discuss",) else plain
            return [joined, plain]
        place = head == ["where"] and answer and len(answer.split()) <= 4
        return (
            [f"{plain} {answer if answer.lower().startswith(('in ', 'at ', 'on ')) else 'in ' + answer}", plain]
            if (place and wh != "where")
            else [plain]
        )
    subject = answer if answer and len(answer.split()) <= MAX_FOCUS_WORDS else _as_subject(parsed.phrase)
    subjects = [s for s in dict.fromkeys((_lower_article(subject), _as_subject(parsed.phrase))) if s]
    if parsed.auxiliary:
        return [f"{wh} {parsed.auxiliary} {subject} {parsed.rest}" for subject in subjects]
    verb, _, rest = parsed.rest.partition(" ")
    if fold(verb) not in ("first", "last") and (is_past(verb) or verb.endswith("s")):
        lemma, auxiliary = find_lemma(verb)
        return [f"{wh} {auxiliary} {subject} {lemma} {rest}" for subject in subjects]
    return [f"{wh} {parsed.rest}"]


def _as_subject(phrase: str) -> str:
    """A question phrase as the subject of another question: "which British singer" → "the British singer"."""
    words = phrase.split()
    if len(words) < 2:
        return "someone" if fold(phrase) in ("who", "whom") else ""
    if fold(words[0]) == "how":
        return " ".join(words[2:])
    return "the " + " ".join(words[1:])


def _lower_article(text: str) -> str:
    return re.sub(r"^(The|A|An)\b", lambda match: match.group().lower(), text)


def _exchange(rest: str, turns: Sequence[Turn]) -> list[Rewrite]:
    """The question before with the name of the same kind exchanged ("what about Iraq?"), or with a part more."""
    rest = rest.strip().rstrip("?!. ")
    new = next(iter(find_names("about " + rest)), None)
    searched = turns[0].searched.rstrip("?!. ")
    names = find_names(searched)
    preposition = re.match(r"(?:in|on|at|for|with|by|from|to|after|before|during|of)\s", rest, re.IGNORECASE)
    found: list[Rewrite] = []
    for name in names:
        before, after = searched[: name.span.start], searched[name.span.end :]
        article = re.search(r"\bthe\s$", before, re.IGNORECASE) if rest.lower().startswith("the ") else None
        if preposition and before.lower().endswith(" " + preposition.group().lower()):
            found.append(Rewrite(before[: -len(preposition.group())] + rest + after, "name exchanged", name.text))
        elif new is not None and not preposition and name in _choose_exchanged(names, new):
            before = before[: article.start()] if article else before
            found.append(Rewrite(before + rest + after, "name exchanged", name.text))
    if new is not None and not preposition:
        order = [name.text for name in _choose_exchanged(names, new)]
        found.sort(key=lambda rewrite: order.index(rewrite.focus) if rewrite.focus in order else len(order))
    if preposition:
        cut = re.sub(rf"\s{preposition.group().strip()}\s.*$", "", searched, flags=re.IGNORECASE)
        found.append(Rewrite(f"{cut} {rest}", "topic added", searched))
    return [*found, Rewrite(f"{searched} {rest}", "topic added", searched)]


def _choose_exchanged(names: Sequence[Name], new: Name) -> list[Name]:
    """The two names that a new one may take the place of, those of its kind first, of them the later first."""
    return sorted(names, key=lambda name: (_distance(name, new), -name.span.start if name.kind else 0))[:2]


def _distance(name: Name, other: Name) -> float:
    """0 for names of one kind, 1 for names of two, between where a kind is unknown."""
    if name.kind and other.kind:
        return float(name.kind != other.kind)
    words, others = len(name.text.split()), len(other.text.split())
    return 0.4 if name.kind == "person" or other.kind == "person" else 0.5 + 0.05 * abs(words - others)


def _put_in(
    core: str, pronouns: Sequence[tuple[int, int, str]], foci: Sequence[_Focus], turns: Sequence[Turn]
) -> list[Rewrite]:
    """The question with what its pronouns may mean in their place."""
    if named := _name_nouns(core, foci):
        return [*named, Rewrite(core, "as typed")]
    group = next((g for _, _, g in pronouns if g in ("he", "she", "they")), pronouns[0][2])
    rest = {g for _, _, g in pronouns if g != group}
    least = min((_misfit(focus, group) for focus in foci), default=2)
    fitting = sorted((f for f in foci if _misfit(f, group) <= max(least, 0)), key=lambda focus: _misfit(focus, group))
    if any(
        group == "it" and fold(core[start:end]) in ("that", "this") and _is_noun_after_that(core, start)
        for start, end, _ in pronouns
    ):
        return [Rewrite(core, "as typed"), *_add_topic(core, foci, turns)]
    if least == 2:
        return [Rewrite(core, "as typed"), *_add_topic(core, foci, turns)]
    if (topics := [focus for focus in fitting if focus.is_topic]) and group in ("he", "she", "it"):
        fitting = topics
    found: list[Rewrite] = []
    when = _find_time(turns[0]) if "then" in rest or group == "then" else ""
    event = next((f for f in foci if not f.is_name), None) if "it" in rest else None
    place = next((f for f in foci if f.kind != "person" and f.is_name), None) if "there" in rest else None
    if group == "they" and turns[0].answers:
        people = [f for f in foci if f.is_name and f.kind in ("person", "")][:2]
        if len(people) == 2 and parse_question(turns[0].searched):
            both = _Focus(
                f"{_lower_article(people[0].text)} and {_lower_article(people[1].text)}", "person", "", is_name=True
            )
            fitting.insert(0, both)
    for focus in fitting:
        text = _substitute(core, pronouns, group, focus)
        if when:
            text = re.sub(r"\bthen\b", when, text, count=1)
        second = event or (place if place and place.text != focus.text else None)
        if second is not None and fold(second.text) not in fold(text):
            found.append(Rewrite(f"{text.rstrip('?!. ')} {_lower_article(second.text)}", "names put in", focus.text))
        found.append(Rewrite(text, "names put in", focus.text))
    return found


def _find_time(turn: Turn) -> str:
    """The answer to a question for a time, with "in" before a bare year or month."""
    parsed = parse_question(turn.searched)
    answer = _answer_text(turn)
    if parsed is None or not fold(parsed.phrase).startswith(("when", "what year", "which year")) or not answer:
        return ""
    return f"in {answer}" if answer.isdigit() or fold(answer) in CALENDAR else answer


def _misfit(focus: _Focus, group: str) -> int:
    """0 where a pronoun may well mean this, 1 where nothing speaks for it, 2 where it cannot."""
    is_person = focus.kind == "person"
    if group in ("he", "she"):
        if focus.kind in ("place", "group") or fold(focus.text) in COUNTRIES:
            return 2
        gender = focus.gender or (guess_gender(focus.text) if focus.is_name else "")
        if gender and gender != ("male" if group == "he" else "female"):
            return 2
        return 0 if is_person or (focus.is_name and not focus.kind and focus.text[0].isupper()) else 1
    if group == "it":
        return 2 if is_person else 0
    if group == "there":
        return 0 if focus.kind == "place" else 2 if is_person else 1
    if group == "then":
        return 0
    return 0


def _substitute(core: str, pronouns: Sequence[tuple[int, int, str]], group: str, focus: _Focus) -> str:
    text = core
    for start, end, kind in reversed(pronouns):
        if kind != group:
            continue
        word = fold(core[start:end])
        after = _WORD.search(core, end)
        new = _lower_article(focus.text)
        if word == "that" and after and core[end : after.start()].isspace():
            continue
        if word in ("these", "those", "this") and after:
            continue
        if word in ("his", "its", "their") or (word == "her" and after and fold(after.group()) not in FUNCTION_WORDS):
            new += "’" if new.endswith("s") else "’s"
        if kind == "there":
            before = fold(core[:start].split()[-1]) if core[:start].split() else ""
            moves = (
                is_past(before) and find_lemma(before)[0] in ("go", "come", "travel", "fly", "move") or before == "go"
            )
            new = re.sub(r"^(?:in|at|to)\s", "", new)
            new = f"{'to' if moves else 'in'} {new}" if before not in ("in", "from", "to", "near", "left") else new
        text = text[:start] + new + text[end:]
    if text == core:
        return f"{core.rstrip('?!. ')} {_lower_article(focus.text)}"
    return text


def _add_topic(core: str, foci: Sequence[_Focus], turns: Sequence[Turn]) -> list[Rewrite]:
    """The question with what was spoken of at its end, and as typed: the articles before may be enough."""
    core = core.rstrip("?!. ")
    found = [*_name_nouns(core, foci)]
    names = [focus for focus in foci if focus.is_name]
    phrase = next((focus for focus in foci if not focus.is_name), None)
    if phrase and names:
        found.append(Rewrite(f"{core} {phrase.text} {names[0].text}", "topic added", f"{phrase.text}, {names[0].text}"))
    found += [Rewrite(f"{core} {_lower_article(focus.text)}", "topic added", focus.text) for focus in names[:2]]
    if not names and phrase:
        found.append(Rewrite(f"{core} {phrase.text}", "topic added", phrase.text))
    return [*found[: MAX_REWRITES - 1], Rewrite(core, "as typed")]


def _name_nouns(core: str, foci: Sequence[_Focus]) -> list[Rewrite]:
    """The question with the full name where it says "the grove" or "that fire" and a name ends in that noun."""
    found = []
    for match in re.finditer(r"\b(?:the|that|this)\s([a-z]{3,})\b", core):
        for focus in foci:
            words = fold(focus.text).split()
            if len(words) > 1 and words[-1] == fold(match[1]) and not words[0] == "the" or words[1:] == [match[1]]:
                text = f"{core[: match.start()]}the {re.sub('^[Tt]he ', '', focus.text)}{core[match.end() :]}"
                found.append(Rewrite(text, "names put in", focus.text))
                break
    return found


def _answer_text(turn: Turn) -> str:
    return turn.answers[0].text.strip() if turn.answers else ""
