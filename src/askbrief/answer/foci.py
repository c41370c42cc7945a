"""What a follow-up may mean: the names and things spoken of before, most likely first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from askbrief.answer.dialogue import Turn
from askbrief.answer.grammar import AUXILIARIES, Parsed, is_past, parse_question
from askbrief.answer.names import CALENDAR, COUNTRIES, Kind, Name, find_names, is_same
from askbrief.answer.pronouns import find_pronouns
from askbrief.answer.topics import find_topics
from askbrief.answer.words import FUNCTION_WORDS
from askbrief.text.segment import fold

MAX_FOCUS_WORDS = 7
MENTIONED = 9
"""Age of what was only mentioned beside an answer."""
_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


_THINGS_ASKED = frozenset(("what", "when", "why", "how"))
"""Question words that no person answers."""
_ASKS_NAME = re.compile(r"\b(?:called|named|name)\b(?:\s(?:is|was|of)\b.*)?$", re.IGNORECASE)
"""What a question for a name ends in: "what is the group called?"."""
_ADDED = re.compile(r"\s*\([^()]*\)(?=\??$)")
"""What a rewrite added at the end of a question."""


@dataclass(frozen=True, slots=True)
class Focus:
    """Something spoken of before that a follow-up may mean.

    Attributes:
        text: The words for it.
        kind: What it looks like; '' if nothing says so.
        gender: Of a person; '' if unknown.
        is_name: Whether it is known by a name.
        is_topic: Whether the last question asked for it and was answered with it, was about it, or spoke of it by a
            pronoun.
        age: Turns since it was asked about or answered, 0 for the last; ``MENTIONED`` where it was only mentioned
            beside an answer.
    """

    text: str
    kind: Kind
    gender: str
    is_name: bool
    is_topic: bool = False
    age: int = 0


def find_foci(turns: Sequence[Turn]) -> list[Focus]:
    """What may be meant, most likely first.

    Of each turn, the last first: what its pronoun meant, its answer where that names what the question asked for, names
    typed, the answer otherwise, names and nouns of the question searched; then the names of the last answers' sentences
    and titles.
    """
    found = [
        replace(focus, age=age, is_topic=focus.is_topic and not age)
        for age, turn in enumerate(turns)
        for focus in _find_turn_foci(turn)
    ]
    for said in (said for turn in turns[:2] for said in turn.answers[:1]):
        names = [*find_names(said.sentence), *find_names(said.title)]
        found += [replace(_from_name(name), age=MENTIONED) for name in names]
    return _merge_foci(found)


def _find_turn_foci(turn: Turn) -> list[Focus]:
    """What a turn spoke of, most likely first; its topics as if it were the last turn."""
    parsed = parse_question(turn.searched)
    words = fold(parsed.phrase).split() if parsed else []
    asks_person = words[:1] in (["who"], ["whom"])
    asks_name = parsed is not None and bool(_ASKS_NAME.search(parsed.rest))
    names_thing = asks_person or asks_name or (len(words) > 1 and words[0] in ("which", "what"))
    answer = [
        _with_article(focus, said.sentence)
        for said in turn.answers[:1]
        for focus in _find_answer_foci(said.text, parsed, asks_person)
    ]
    is_same_question = parse_question(turn.focus) is not None
    typed, searched = (
        _find_typed_foci(turn.searched if is_same_question else turn.asked),
        _find_typed_foci(turn.searched),
    )
    rest = fold(parsed.rest) if parsed else ""
    is_described = rest.startswith(("the ", "a ", "an "))
    if asks_person and not is_described and [fold(focus.text) for focus in typed] == [rest]:
        # "who is Ana Ruiz?" goes on about her
        typed, answer, names_thing = [replace(typed[0], is_topic=True, kind="person")], [], False
    if names_thing:
        answer = [replace(focus, is_topic=focus.is_name) for focus in answer]
    carried: list[Focus] = []
    if not typed and turn.focus and not is_same_question and (pronouns := find_pronouns(turn.asked)):
        carried, searched = _take_out(searched, turn.focus, is_thing=pronouns[0][2] == "it")
    phrases = (
        _find_phrases(turn, parsed, is_answered=names_thing and bool(answer)) if not (asks_name and answer) else []
    )
    phrases = [phrase for phrase in phrases if not any(_is_part(phrase, name) for name in searched)]
    subject = _find_subject(parsed) if typed or not turn.focus else []
    if not (names_thing or subject):
        if len(typed) == 1:
            is_only = all(fold(phrase.text) in fold(typed[0].text) for phrase in phrases)
            typed = [replace(typed[0], is_topic=is_only or typed[0].kind == "person")]
        if phrases and not typed:
            phrases[0] = replace(phrases[0], is_topic=True)
    searched = [_widen(name, phrases) for name in searched]
    typed = [_widen(name, phrases) for name in typed]
    if words[:1] == ["where"]:
        return [*carried, *subject, *typed, *searched, *answer, *phrases]
    return [*carried, *(answer if names_thing else []), *subject, *typed, *answer, *searched, *phrases]


def _take_out(foci: Sequence[Focus], text: str, *, is_thing: bool) -> tuple[list[Focus], list[Focus]]:
    """What the pronoun meant, nobody if it was "it", and the others."""
    same = next((f for f in foci if fold(f.text) in fold(text)), Focus(text, "", "", is_name=True))
    topic = replace(same, text=text, is_name=True, is_topic=True, kind="group" if is_thing else same.kind)
    return [topic], [focus for focus in foci if focus is not same]


def _find_phrases(turn: Turn, parsed: Parsed | None, *, is_answered: bool) -> list[Focus]:
    """The nouns of the question searched; not the one that it asks for, if that is answered."""
    text = _ADDED.sub("", turn.searched)
    if parsed and parsed.is_subject and not parsed.auxiliary:
        _, _, object_ = _ADDED.sub("", parsed.rest).partition(" ")
        text = object_ if is_answered else f"{parsed.phrase}, {object_}"
    return [Focus(phrase, "", "", is_name=False) for phrase in find_topics(text) if not _is_calendar(phrase)]


def _find_subject(parsed: Parsed | None) -> list[Focus]:
    """What "how strong was the earthquake that struck Lombok?" is about: all behind its verb, if that is a noun."""
    is_described = (
        parsed and fold(parsed.phrase).startswith("how ") and parsed.auxiliary in ("is", "are", "was", "were")
    )
    if not parsed or not is_described or not re.match(r"the\s[a-z]", parsed.rest):
        return []
    return [Focus(parsed.rest, "", "", is_name=False, is_topic=True)]


def _is_part(phrase: Focus, name: Focus) -> bool:
    """Whether a phrase is less than the whole of a name: "Red" of "Red No. 3"."""
    return len(phrase.text) < len(name.text) and bool(re.search(rf"(?<!\w){re.escape(phrase.text)}(?!\w)", name.text))


def _is_calendar(phrase: str) -> bool:
    return all(fold(word) in CALENDAR for word in phrase.split())


def _find_answer_foci(text: str, parsed: Parsed | None, asks_person: bool) -> list[Focus]:
    names = find_names(text)
    is_thing = parsed and fold(parsed.phrase) in _THINGS_ASKED and not _ASKS_NAME.search(parsed.rest)
    kind_asked: Kind = "group" if is_thing else ""
    if asks_person and names:
        return [Focus(name.text, name.kind or "person", name.gender, is_name=True) for name in names[:1]]
    if _is_nominal(text, parsed):
        only = names[0] if len(names) == 1 else None
        kind = (only.kind if only else "") or ("person" if asks_person else kind_asked)
        text = text.strip(' ,;:."“”')
        is_name = bool(only) or (bool(names) and not re.search(r"\b[a-z]{4,}", text))
        return [Focus(text, kind, only.gender if only else "", is_name=is_name)]
    return [replace(_from_name(name), kind=name.kind or kind_asked) for name in names]


def _with_article(focus: Focus, sentence: str) -> Focus:
    """A name with "the", where its sentence says so."""
    found = re.search(rf"\b[Tt]he\s{re.escape(focus.text)}\b", sentence)
    return replace(focus, text=f"the {focus.text}") if found and focus.is_name else focus


def _find_typed_foci(question: str) -> list[Focus]:
    """The names of a question, with "the" where it says so."""
    found = []
    for name in find_names(question):
        article = "the " if question[: name.span.start].lower().endswith("the ") else ""
        found.append(replace(_from_name(name), text=article + name.text))
    return found


def _from_name(name: Name) -> Focus:
    return Focus(name.text, name.kind, name.gender, is_name=True)


def _merge_foci(found: Iterable[Focus]) -> list[Focus]:
    """Each thing once, where it came first; a surname as the full name, where that came too."""
    kept: list[Focus] = []
    for focus in found:
        same = next((at for at, other in enumerate(kept) if _is_one(other, focus)), None)
        if same is None:
            kept.append(focus)
            continue
        old = kept[same]
        is_topic = old.is_topic or focus.is_topic
        if len(focus.text) > len(old.text) and focus.kind == "person":
            kept[same] = replace(focus, gender=focus.gender or old.gender, is_topic=is_topic, age=old.age)
        else:
            kept[same] = replace(old, is_topic=is_topic)
    return kept


def _is_one(one: Focus, other: Focus) -> bool:
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
        or words[0]
        in ("in", "on", "at", "from", "by", "after", "before", "because", "to", "more", "about", "around", "was")
    ):
        return False
    if any(word in CALENDAR | AUXILIARIES for word in words) or words[0][0].isdigit():
        return False
    phrase = fold(parsed.phrase) if parsed else ""
    return not phrase.startswith(("when", "why", "how")) and not any(is_past(word) for word in words)


def _widen(name: Focus, phrases: Sequence[Focus]) -> Focus:
    """A name with the noun behind it that the question gives it ("Shalamcheh-Basra railway"), if it is no person."""
    if name.kind == "person":
        return name
    bare = re.sub(r"^the ", "", name.text)
    for phrase in phrases:
        if phrase.text.startswith(f"{bare} ") and 1 <= len(phrase.text.split()) - len(bare.split()) <= 1:
            article = "the " if name.text.startswith("the ") else ""
            return replace(name, text=article + phrase.text)
    return name


def match_topic(topic: str, foci: Sequence[Focus]) -> list[Focus]:
    """The earlier things that "back to X" names, else X itself."""
    words = {fold(word) for word in _WORD.findall(topic)} - FUNCTION_WORDS
    matching = [
        focus for focus in foci if words & {fold(w) for part in focus.text.split() for w in re.split(r"[-]", part)}
    ]
    return sorted(matching, key=lambda focus: -len(focus.text)) or [Focus(topic, "", "", is_name=False)]


def find_answer(turn: Turn) -> str:
    """The words of a turn's best answer, or ''."""
    return turn.answers[0].text.strip() if turn.answers else ""
