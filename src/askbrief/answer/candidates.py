"""Questions that a follow-up may stand for, made by rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askbrief.answer.dialogue import Rewrite, Turn
from askbrief.answer.foci import MAX_FOCUS_WORDS, Focus, find_answer
from askbrief.answer.grammar import Parsed, find_lemma, is_past, parse_question
from askbrief.answer.names import CALENDAR, COUNTRIES, Name, find_names, guess_gender
from askbrief.answer.pronouns import find_pronouns, is_noun_after_that
from askbrief.answer.words import FUNCTION_WORDS
from askbrief.text.segment import fold

_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")
_DO_IT = re.compile(r"\b(?:do|does|did|done|doing) (?:it|that|this|so)\b", re.IGNORECASE)
"""A verb, and no thing, is taken up."""
_ACRONYM = re.compile(r"[A-Z]{2}")
"""Nobody's name: "LaMDA", "PKK"."""


def swap_question_words(wh: str, turns: Sequence[Turn]) -> list[Rewrite]:
    """The question before with another question word; its answer stands where its own question word stood."""
    for turn in turns:
        parsed = parse_question(turn.searched)
        if parsed is None:
            continue
        answer = find_answer(turn)
        filled = _fill_in(wh, parsed, answer)
        return [Rewrite(text, "same question, other question word", turn.searched) for text in filled]
    return []


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
    counts = fold(parsed.phrase).startswith(("how many", "how much"))
    is_short = bool(answer) and len(answer.split()) <= MAX_FOCUS_WORDS
    subject = answer if is_short and not counts else _as_subject(parsed.phrase)
    subjects = [s for s in dict.fromkeys((lower_article(subject), _as_subject(parsed.phrase))) if s]
    if parsed.auxiliary in ("has", "have", "had") and parsed.rest.startswith("to "):
        auxiliary = "did" if parsed.auxiliary == "had" else "do"
        return [f"{wh} {auxiliary} {subject} have {parsed.rest}" for subject in subjects]
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
        return "the " + " ".join(words[2:]) if len(words) > 2 else ""
    return "the " + " ".join(words[1:])


def lower_article(text: str) -> str:
    """A text without a capital in its leading article."""
    return re.sub(r"^(The|A|An)\b", lambda match: match.group().lower(), text)


def exchange_name(rest: str, turns: Sequence[Turn]) -> list[Rewrite]:
    """The question before with the name of the same kind exchanged ("what about Iraq?"), or with a part more."""
    rest = rest.strip().rstrip("?!. ")
    new = next(iter(find_names("about " + rest)), None)
    named = (turn for turn in turns if find_names(turn.searched))
    searched = next(named, turns[0]).searched.rstrip("?!. ")
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


def put_in_names(
    core: str, pronouns: Sequence[tuple[int, int, str]], foci: Sequence[Focus], turns: Sequence[Turn]
) -> list[Rewrite]:
    """The question with what its pronouns may mean in their place."""
    if named := _name_nouns(core, foci):
        return [*named, Rewrite(core, "as typed")]
    group = next((g for _, _, g in pronouns if g in ("he", "she", "they")), pronouns[0][2])
    rest = {g for _, _, g in pronouns if g != group}
    least = min((_misfit(focus, group) for focus in foci), default=2)
    fitting = [focus for focus in foci if _misfit(focus, group) == least]
    if group in ("he", "she"):
        fitting.sort(key=lambda focus: (focus.age, focus.kind != "person"))
    elif group == "there":
        fitting.sort(key=lambda focus: not focus.is_name)
    if any(
        group == "it" and fold(core[start:end]) in ("that", "this") and is_noun_after_that(core, start)
        for start, end, _ in pronouns
    ):
        return [rewrite for rewrite in add_topic(core, foci, turns) if rewrite.how != "as typed"]
    if least == 2:
        return [Rewrite(core, "as typed"), *add_topic(core, foci, turns)]
    if (topics := [focus for focus in fitting if focus.is_topic]) and group in ("he", "she", "it"):
        fitting = topics
    found: list[Rewrite] = []
    when = _find_time(turns[0]) if "then" in rest or group == "then" else ""
    event = next((f for f in foci if not f.is_name), None) if "it" in rest else None
    place = next((f for f in foci if f.kind != "person" and f.is_name), None) if "there" in rest else None
    people = [f for f in foci if f.kind == "person" or (f.is_name and not f.kind)][:2]
    if group == "they" and len(people) == 2 and any(f.kind == "person" for f in people):
        both = " and ".join(lower_article(f.text) for f in people)
        fitting.insert(0, Focus(both, "person", "", is_name=True))
    for focus in fitting:
        text = _substitute(core, pronouns, group, focus)
        if when:
            text = re.sub(r"\bthen\b", when, text, count=1)
        if place and place.text != focus.text:
            there = [pronoun for pronoun in find_pronouns(text) if pronoun[2] == "there"]
            found.append(Rewrite(_substitute(text, there, "there", place), "names put in", focus.text))
        plain = Rewrite(text, "names put in", focus.text)
        with_event = [plain]
        if event is not None and fold(event.text) not in fold(text):
            added = f"{text.rstrip('?!. ')} ({lower_article(event.text)})"
            with_event.insert(1 if _DO_IT.search(core) else 0, Rewrite(added, "names put in", focus.text))
        found += with_event
    return found


def _find_time(turn: Turn) -> str:
    """The answer to a question for a time, with "in" before a bare year or month."""
    parsed = parse_question(turn.searched)
    answer = find_answer(turn)
    if parsed is None or not fold(parsed.phrase).startswith(("when", "what year", "which year")) or not answer:
        return ""
    return f"in {answer}" if answer.isdigit() or fold(answer) in CALENDAR else answer


def _misfit(focus: Focus, group: str) -> int:
    """0 where a pronoun may well mean this, 1 where nothing speaks for it, 2 where it cannot."""
    is_person = focus.kind == "person"
    if group in ("he", "she"):
        if focus.kind in ("place", "group") or fold(focus.text) in COUNTRIES or _ACRONYM.search(focus.text):
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


def _substitute(core: str, pronouns: Sequence[tuple[int, int, str]], group: str, focus: Focus) -> str:
    text = core
    for start, end, kind in reversed(pronouns):
        if kind != group:
            continue
        word = fold(core[start:end])
        after = _WORD.search(core, end)
        new = lower_article(focus.text)
        if word == "that" and after and core[end : after.start()].isspace():
            continue
        if word in ("these", "those", "this") and after:
            continue
        if word in ("his", "its", "their") or (word == "her" and after and fold(after.group()) not in FUNCTION_WORDS):
            new += "’" if new.endswith("s") else "’s"
        if kind == "there":
            before = fold(core[:start].split()[-1]) if core[:start].split() else ""
            moves = (
                is_past(before) and find_lemma(before)[0] in ("go", "come", "travel", "fly", "move")
            ) or before == "go"
            new = re.sub(r"^(?:in|at|to)\s", "", new)
            preposition = "to" if moves else "at" if focus.kind == "group" else "in"
            new = f"{preposition} {new}" if before not in ("in", "from", "to", "near", "left") else new
        text = text[:start] + new + text[end:]
    if text == core:
        return f"{core.rstrip('?!. ')} {lower_article(focus.text)}"
    return text


def put_in_words(core: str, pronouns: Sequence[tuple[int, int, str]], words: Sequence[str]) -> list[Rewrite]:
    """The question with earlier words in place of its first pronoun, or at its end; nothing without words."""
    if not words:
        return []
    focus = Focus(" ".join(words), "", "", is_name=False)
    text = _substitute(core, pronouns, pronouns[0][2], focus) if pronouns else f"{core.rstrip('?!. ')} ({focus.text})"
    return [Rewrite(text, "names put in" if pronouns else "topic added", focus.text)]


def add_topic(core: str, foci: Sequence[Focus], turns: Sequence[Turn]) -> list[Rewrite]:
    """The question with what was spoken of at its end, and as typed: the articles before may be enough."""
    core = core.rstrip("?!. ")
    found = [*_name_nouns(core, foci)]
    names = [focus for focus in foci if focus.is_name]
    phrase = next((focus for focus in foci if not focus.is_name), None)
    if phrase and names and phrase.age == names[0].age and fold(phrase.text) not in fold(names[0].text):
        found.append(
            Rewrite(f"{core} ({phrase.text}, {names[0].text})", "topic added", f"{phrase.text}, {names[0].text}")
        )
    found += [Rewrite(f"{core} ({lower_article(focus.text)})", "topic added", focus.text) for focus in names[:2]]
    if not names and phrase:
        found.append(Rewrite(f"{core} ({phrase.text})", "topic added", phrase.text))
    return [*found[:3], Rewrite(core, "as typed")]


def _name_nouns(core: str, foci: Sequence[Focus]) -> list[Rewrite]:
    """The question with the full name where it says "the grove" or "that fire" and a name ends in that noun."""
    found = []
    for match in re.finditer(r"\b(?:the|that|this)\s([a-z]{3,})\b", core):
        for focus in foci:
            words = fold(focus.text).split()
            if (len(words) > 1 and words[-1] == fold(match[1]) and words[0] != "the") or words[1:] == [match[1]]:
                text = f"{core[: match.start()]}the {re.sub('^[Tt]he ', '', focus.text)}{core[match.end() :]}"
                found.append(Rewrite(text, "names put in", focus.text))
                break
    return found
