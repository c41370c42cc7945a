"""Who "the Iranian diplomat", "she" or "Maleki" is: the name that a text gave before, with its place.

Only names that stand in the text before the mention count, and only where they are the one that it can mean: a note
that is missing costs a look at the article, a wrong one costs trust.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from askbrief.answer.names import COUNTRIES, TITLES, Name, find_names, find_surname, guess_gender, is_same
from askbrief.answer.words import word_list, word_set
from askbrief.text.patterns import compiled
from askbrief.text.segment import find_words, fold
from askbrief.types import Span

AskReader = Callable[[str, Span], Sequence[tuple[Span, float]]]
"""Reads a part of the article for a question: spans of the article with their margins in log-odds, best first."""
MIN_MARGIN = 3.0
"""Margin from which the reader's answer to "Who is the engineer?" is taken."""
MIN_LEAD = 3.0
"""What it must be ahead of the reader's next person by."""
MAX_BACK = 4000
"""Characters before the mention that the reader is asked about."""
MAX_NAME_BACK = 20_000
"""Characters before the mention that names are looked for in: a long chapter."""
MAX_THING_BACK = 700
"""Characters before the mention that a thing may have been named in."""

AntecedentKind = Literal["surname", "pronoun", "role", "thing"]


class Antecedent(NamedTuple):
    """What a mention stands for.

    Attributes:
        mention: Place of the mention.
        text: The mention, verbatim.
        name_span: Place of the name before it.
        name: The name, verbatim.
        kind: The rule that found it.
    """

    mention: Span
    text: str
    name_span: Span
    name: str
    kind: AntecedentKind

    def describe(self, article: str) -> str:
        """The note for people: "The Iranian diplomat = Mohammad-Hassan Habibzadeh, paragraph 2"."""
        return f"{self.text} = {self.name}, paragraph {find_paragraph(article, self.name_span.start)}"


_PRONOUN = r"(?i)\b(?:he|him|his|she|her)\b"
_PERSON_ROLES = word_set("""
actor actress adviser advisor activist aide ambassador analyst archbishop artist athlete attorney author bishop
businessman businesswoman candidate captain chairman chairwoman chancellor chef chief coach comedian commander
commissioner congressman congresswoman councilman director diplomat doctor economist editor engineer envoy executive
filmmaker founder general governor historian investigator journalist judge justice king lawmaker lawyer leader
lieutenant mayor minister musician novelist officer official playwright policeman politician pope premier president
priest prince princess principal producer professor prosecutor queen rapper reporter researcher scientist secretary
nurse student soldier guard manager owner player worker colleague detective senator sheriff singer spokesman
spokesperson spokeswoman star superintendent surgeon teacher trainer writer billionaire
""")
_GUARDED_ROLES = word_set("attacker driver father gunman killer man mother pilot shooter suspect victim woman")
"""Roles that get a name only where the text itself puts the two side by side."""
_THING_HEADS: dict[str, tuple[str, ...]] = {
    "airline": ("air", "airline", "airlines", "airways"),
    "carrier": ("air", "airline", "airlines", "airways"),
    "mountain": ("mount", "mountain"),
} | {
    word: (word,)
    for word in word_list("""
agency airport bank bay bridge cathedral church club commission committee council desert fire festival grove
hurricane island lake museum palace park party prison railway river storm stadium tournament tower treaty tribunal
valley volcano zoo
""")
}
_DEFINITE = r"\b(?:[Tt]he|(?P<owner>[A-Z][\w-]+)[’']s)\s(?P<words>(?:[\w-]+\s){0,3}?)(?P<head>[A-Za-z]+)\b(?![-’'])"
_ARTICLE = r"\b(?:[Tt]he|[A-Z][\w-]+[’']s)\s"
_WORD = r"[\w-]+(?:[’']s)?"
_ROLE_WORDS = 6
_SOMEBODY = rf"\b(?:an?|another|one)\s(?:[\w-]+\s){{0,2}}(?:{'|'.join(sorted(_PERSON_ROLES | _GUARDED_ROLES))})\b"
_OF_THING = r"['’]s\s|\s(?:officials?|spokes\w+|chief|director|head|members?|of)\b"
_NAMED_BEHIND = r"\s(?:(?:to|in|at)\s(?:the\s)?[^\W\d_a-z][\w’'-]+\s)?[^\W\d_a-z][\w’'-]+\s[^\W\d_a-z][\w’'-]+"
"""Behind a role: who has it, as in "Iran's ambassador to Baghdad Kazem Al-e-Sadeq" and "the engineer Ana Ruiz"."""
_FORMER = word_set("former ex previous late first next new other second same")
_TAIL_OF_NAME = r"\s(?:of|for)\s"


def find_antecedents(text: str, *, within: Span, ask: AskReader | None = None) -> list[Antecedent]:
    """Notes for the mentions in a part of an article, in order; each name is given once.

    Args:
        text: The whole article.
        within: The part, such as the answer and its sentence.
        ask: Reads the text before for roles; None leaves out what only a reader can tell.
    """
    found: list[Antecedent] = []
    for mention in _find_mentions(text, within):
        antecedent = find_antecedent(text, mention, ask=ask)
        if antecedent is None or any(is_same(antecedent.name, other.name) for other in found):
            continue
        if fold(antecedent.name) not in fold(within.of(text)):
            found.append(antecedent)
    return found


def find_antecedent(text: str, mention: Span, *, ask: AskReader | None = None) -> Antecedent | None:
    """What one mention stands for, or None where the text before it does not tell for sure."""
    words = mention.of(text)
    kind: AntecedentKind
    if compiled(_PRONOUN).fullmatch(words):
        name, kind = _find_person_in_reach(text, mention), "pronoun"
    elif match := compiled(_DEFINITE).fullmatch(words):
        head = fold(match["head"])
        if match["head"][0].isupper() and not match["owner"]:
            return None  # a title used as a name: "The Chairman"
        if head in _THING_HEADS and not match["owner"] and not compiled(_OF_THING).match(text, mention.end):
            name, kind = _find_thing(text, mention, head), "thing"
        elif compiled(_NAMED_BEHIND).match(text, mention.end):
            return None
        elif head in _PERSON_ROLES | _GUARDED_ROLES | TITLES:
            name, kind = _find_role(text, mention, match), "role"
            if name is None and ask is not None and head not in _GUARDED_ROLES:
                name = _ask_who(text, mention, ask)
        else:
            return None
    elif len(words.split()) == 1 and words[:1].isupper():
        name, kind = _find_full_name(text, mention), "surname"
    else:
        return None
    return Antecedent(mention, words, name.span, name.text, kind) if name is not None else None


def find_paragraph(text: str, offset: int) -> int:
    """The number of the paragraph at ``offset``, from 1; blank lines part paragraphs."""
    return 1 + len(re.findall(r"\S[^\S\n]*\n[^\S\n]*\n", text[:offset]))


def _find_mentions(text: str, within: Span) -> list[Span]:
    """Pronouns, definite roles and lone names in a part of a text, none overlapping another."""
    part, shift = within.of(text), within.start
    names = find_names(part)
    spans = [span for match in compiled(_ARTICLE).finditer(part) if (span := _find_role_span(part, match.start()))]
    spans += [name.span for name in names if " " not in name.text and name.kind not in ("place", "group")]
    spans += [Span(*match.span()) for match in compiled(_PRONOUN).finditer(part)]
    kept: list[Span] = []
    for span in spans:
        inside = any(name.span.overlaps(span) and name.span != span and " " in name.text for name in names)
        if not inside and not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return [Span(span.start + shift, span.end + shift) for span in sorted(kept)]


def _find_role_span(part: str, start: int) -> Span | None:
    """The shortest role that begins at ``start``, as "The Iranian diplomat"."""
    for match in islice(compiled(_WORD).finditer(part, start), 1, _ROLE_WORDS):
        if (found := compiled(_DEFINITE).fullmatch(part, start, match.end())) and _is_role(found):
            return Span(start, match.end())
    return None


def _is_role(match: re.Match[str]) -> bool:
    head = fold(match["head"])
    return head in _PERSON_ROLES | _GUARDED_ROLES or (head in _THING_HEADS and not match["words"].strip())


def _find_full_name(text: str, mention: Span) -> Name | None:
    """The one full name before with this surname; None where two people share it or it may be a place."""
    surname = fold(mention.of(text)).removesuffix("'s").removesuffix("’s")
    if surname in COUNTRIES:
        return None
    full = [
        name
        for name in _find_names_before(text, mention, reach=MAX_NAME_BACK)
        if " " in name.text and fold(find_surname(name.text)) == surname and name.kind not in ("place", "group")
    ]
    if not full or not all(is_same(full[0].text, name.text) for name in full):
        return None
    if full[0].kind != "person" and not _acts_as_person(text, mention.of(text)):
        return None
    return full[0]


def _find_names_before(text: str, mention: Span, *, reach: int) -> list[Name]:
    """The names in the ``reach`` characters before a mention, with their places in the text."""
    start = max(0, mention.start - reach)
    start = text.find(" ", start, mention.start) + 1 if start else 0  # never in the middle of a name's word
    names = find_names(text[start : mention.start])
    return [name._replace(span=Span(name.span.start + start, name.span.end + start)) for name in names]


def _acts_as_person(text: str, surname: str) -> bool:
    """Whether a text lets a lone name speak or have an age, as only people do."""
    name = re.escape(surname)
    return bool(
        re.search(
            rf"\b{name}(?:,?\s(?:said|says|told|added|wrote|tweeted|who|represents|met|arrived|was\sborn|died|spoke)\b"
            rf"|,\s\d\d,)|\b(?:said|says|added|Mr\.?|Mrs\.?|Ms\.?|Dr\.?)\s{name}\b",
            text,
        )
    )


def _find_person_in_reach(text: str, mention: Span) -> Name | None:
    """The one person of fitting gender named before in the paragraph, else in the paragraph before.

    Inside a quotation only its own words count: "she" is seldom the speaker.
    """
    gender = "female" if fold(mention.of(text)) in ("she", "her") else "male"
    paragraph_start = _find_paragraph_start(text, mention.start)
    before_start = _find_paragraph_start(text, max(0, len(text[:paragraph_start].rstrip()) - 1))
    parts = [Span(paragraph_start, mention.start), Span(before_start, paragraph_start)]
    opened = _find_open_quote(text, parts[0])
    if opened is not None:
        parts = [Span(opened, mention.start)]
    for part in parts:
        people = _find_people(text, part)
        fitting = _drop_same(person for person, _ in people if person.gender in ("", gender))
        if _has_role_since(text, Span(max((end for _, end in people), default=part.start), mention.start)):
            return None
        if len(fitting) == 1 and _is_surely_person(text, fitting[0]):
            return fitting[0]
        if fitting or _names_unknown(text, part):
            return None
    return None


def _find_open_quote(text: str, part: Span) -> int | None:
    """Where the quotation begins that is still open at the end of a part."""
    opening = text.rfind("“", part.start, part.end)
    if opening > text.rfind("”", part.start, part.end):
        return opening
    return text.rfind('"', part.start, part.end) if part.of(text).count('"') % 2 else None


def _names_unknown(text: str, part: Span) -> bool:
    """Whether a part of a text, outside quotations, has a lone name of which nothing is known."""
    plain = _blank_quotations(part.of(text))
    return any(name.kind == "" and " " not in name.text for name in find_names(plain))


def _has_role_since(text: str, part: Span) -> bool:
    """Whether somebody without a name ("the actor") stands in a part of a text, outside quotations."""
    since = _blank_quotations(part.of(text))
    return bool(compiled(_SOMEBODY).search(since)) or any(
        fold(match["head"]) in _PERSON_ROLES | _GUARDED_ROLES for match in compiled(_DEFINITE).finditer(since)
    )


def _blank_quotations(text: str) -> str:
    return re.sub(r"“[^”]*”?|\"[^\"]*\"?", lambda quote: " " * len(quote.group()), text)


def _find_paragraph_start(text: str, offset: int) -> int:
    breaks = [match.end() for match in re.finditer(r"\n[^\S\n]*\n\s*", text[: offset + 1])]
    return breaks[-1] if breaks else 0


def _find_people(text: str, part: Span) -> list[tuple[Name, int]]:
    """The people that a part of a text names, by their full names, each with the end of its mention there."""
    people = []
    for name in find_names(part.of(text)):
        span = Span(name.span.start + part.start, name.span.end + part.start)
        if name.kind in ("place", "group"):
            continue
        full = Name(span, name.text, name.kind, name.gender) if " " in name.text else _find_full_name(text, span)
        if full is not None:
            kind = full.kind if " " in name.text else "person"
            people.append((Name(full.span, full.text, kind, full.gender or guess_gender(full.text)), span.end))
    return people


def _is_surely_person(text: str, name: Name) -> bool:
    return name.kind == "person" or _acts_as_person(text, find_surname(name.text))


def _drop_same(people: Iterable[Name]) -> list[Name]:
    kept: list[Name] = []
    for person in people:
        if not any(is_same(person.text, other.text) for other in kept):
            kept.append(person)
    return kept


def _find_role(text: str, mention: Span, match: re.Match[str]) -> Name | None:
    """The one person whom the text before calls by this role: "prime minister Ana Ruiz", "Ana Ruiz, an engineer"."""
    words = [fold(word) for word in [match["owner"] or "", *match["words"].split(), match["head"]] if word]
    if set(words) & _FORMER:
        return None
    before = text[: mention.start]
    people = [
        name
        for name in _find_names_before(text, mention, reach=MAX_NAME_BACK)
        if name.kind not in ("place", "group") and " " in name.text
    ]
    called = [name for name in people if _is_called(before, name, words)]
    distinct = _drop_same(called)
    return distinct[0] if len(distinct) == 1 and _is_surely_person(text, distinct[0]) else None


def _is_called(text: str, name: Name, words: Sequence[str]) -> bool:
    """Whether a role's words stand right before a name, or in an apposition right behind it."""
    sentence = re.split(r"[.!?:;]\s|\n", text[max(0, name.span.start - 100) : name.span.start])[-1]
    before = [fold(word).removesuffix("'s").removesuffix("’s") for word in _plain_words(sentence)]
    if before[-len(words) :] == list(words) or (
        len(words) > 1 and before[-8:] and set(words) <= set(before[-8:]) and before[-1] == words[-1]
    ):
        return True
    apposition = re.match(r",\s(?:an?|the)?\s?([^,.;:\n]{3,80})(?=[,.;\n])", text[name.span.end :])
    if apposition is None:
        return False
    behind = [fold(word) for word in _plain_words(compiled(_TAIL_OF_NAME).split(apposition[1])[0])]
    return (
        bool(behind)
        and behind[-1] == words[-1]
        and set(words[:-1]) <= {fold(word) for word in _plain_words(apposition[1])}
    )


def _plain_words(text: str) -> list[str]:
    return [span.of(text) for span in find_words(text)]


def _find_thing(text: str, mention: Span, head: str) -> Name | None:
    """The one name before that has the noun in it ("The fire" = "Washburn Fire")."""
    kinds = _THING_HEADS[head]
    found = []
    for name in _find_names_before(text, mention, reach=MAX_THING_BACK):
        words = [fold(word) for word in name.text.split()]
        if len(words) > 1 and (words[-1] in kinds or any(f" {kind} for " in f" {fold(name.text)} " for kind in kinds)):
            found.append(name)
    distinct = _drop_same(found)
    return distinct[0] if len(distinct) == 1 else None


def _ask_who(text: str, mention: Span, ask: AskReader) -> Name | None:
    """The person whom the reader takes for the role, where it is sure and nobody else comes close."""
    question = f"Who is {_lower_first(mention.of(text))}?"
    part = Span(max(0, mention.start - MAX_BACK), mention.start)
    people: list[tuple[Name, float]] = []
    for span, margin in ask(question, part):
        names = [name for name in find_names(span.of(text)) if name.kind not in ("place", "group")]
        if len(names) != 1 or (" " not in names[0].text):
            continue
        name = names[0]
        at = Span(name.span.start + span.start, name.span.end + span.start)
        if not any(is_same(name.text, other.text) for other, _ in people):
            people.append((Name(at, name.text, name.kind, name.gender), margin))
    people.sort(key=lambda pair: -pair[1])
    if not people or people[0][1] < MIN_MARGIN or (len(people) > 1 and people[0][1] - people[1][1] < MIN_LEAD):
        return None
    return people[0][0] if _is_surely_person(text, people[0][0]) else None


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text.startswith("The ") else text
