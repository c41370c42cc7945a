"""What a question is about: its nouns without the words that only ask, most telling first."""

from __future__ import annotations

import re

from askbrief.answer.grammar import AUXILIARIES, is_past
from askbrief.answer.words import word_set
from askbrief.text.segment import fold

GENERIC = word_set("""
advantage affect age amount application area argument aspect attempt basis benefit best big biggest bigger cause
cause challenge change characteristic common component concept consequence contribution cost criticism current
danger date definition degree detail difference different disadvantage downside effect evidence example fact factor
famous feature first form function general good goal group history idea impact implication importance important
interesting issue key kind large largest last latest length level list location long main major making meaning
method modern most name nature new number objective old oldest option order origin original other part period
pioneer place point power price problem process pro con purpose quality question rate real reason recent related
relationship requirement result right risk role root same second shape sign significance significant similar size
small smallest social sort source species specific stage step story strong success successful symptom technique term
theme thing time top traditional treatment type typical unique use useful value various version way well work world
worst year young youngest
""")
"""Singular words that say what is asked about a topic, and are none."""
_VERBS = word_set("""
affect ask avoid become become begin build burn buy call carry cause celebrate change come compare connect contain
cook cost create cry damage deal decide describe develop die differ discover discuss do drink drive earn eat
encounter enable end evolve exist explain fall fight find fly get give go grow happen harm help hunt improve
influence interact jump kill know last lead learn leave live look lose make mean measure meet mix move need occur
offer pay play prevent produce reach react reduce relate relieve represent respond run say see sell send serve show
solve spend spread stand start stay stop study support take talk teach tell think train travel treat try turn
understand use visit want watch wear weigh win work write
""")
_FUNCTION = word_set("""
a an the of and or but in on at to for with by from as than what which who whom whose when where why how that this
these those it its their his her they he she him them i me my you your we us our there then not no so if about any
some many much more most less also too still ever only just after before during between among through into over
under like such each every one ones both all few several while because against without within per around out up down
off today now be been being besides versus someone somebody anyone don't doesn't didn't i'm
""")
_IMPERATIVE = re.compile(
    r"^\s*(?:(?:please|can you|could you)\s+)?(?:tell (?:me|us) (?:more )?(?:about)?|describe|explain|give (?:me )?"
    r"|list|show (?:me )?|name|discuss|compare(?: and contrast)?)\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[’'./-][^\W_]+)*")


_DID = re.compile(r"\b(?:did|does|do|will|can|could|would)\s", re.IGNORECASE)


def find_topics(question: str) -> list[str]:
    """The noun phrases of a question that a later one may take up, most telling first.

    A phrase behind a word that only asks comes before the others: of "what are the symptoms of lung cancer?" it is
    "lung cancer".
    """
    text = _IMPERATIVE.sub("", question)
    first: list[str] = []
    later: list[str] = []
    after_generic = False
    phrases = _iter_phrases(text)
    if _DID.search(text) and not any(fold(word) in _VERBS for word in _WORD.findall(text)):
        phrases = _drop_unknown_verb(phrases)
    for phrase, is_after in phrases:
        kept = _strip_generic(phrase) if phrase != ["people"] else []
        if not kept:
            after_generic = True
            continue
        (first if is_after and after_generic else later).append(" ".join(kept))
        after_generic = False
    return list(dict.fromkeys([*first, *later]))


def is_generic(word: str) -> bool:
    """Whether a word only says what is asked about a topic ("types", "advantages")."""
    plain = fold(word)
    return plain in GENERIC or find_singular(plain) in GENERIC


def find_singular(word: str) -> str:
    """A noun without its plural ending, by spelling."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def _iter_phrases(text: str) -> list[tuple[list[str], bool]]:
    """Runs of words that are no function words or verbs, and whether a preposition or possessive stands before."""
    found: list[tuple[list[str], bool]] = []
    run: list[str] = []
    before, at = "", 0
    has_subject = False
    for match in _WORD.finditer(text):
        word = match.group()
        plain = fold(word).removesuffix("'s").removesuffix("’s")
        is_break = bool(re.search(r"[,;:.?!()]", text[at : match.start()]))
        is_name = word[:1].isupper() and match.start() > 0
        can_be_past = bool(run) or has_subject or before in AUXILIARIES | {"who", "what", "which"}
        is_verb = not is_name and ((plain in _VERBS and has_subject) or (is_past(plain) and can_be_past))
        if is_break or plain in _FUNCTION or plain in AUXILIARIES or is_verb:
            if run:
                found.append((run, before in ("of", "about", "for", "in", "to", "on", "from", "with")))
                run = []
            before = plain
            has_subject = has_subject or bool(found) or plain in ("they", "it", "he", "she", "you", "we", "i", "people")
        at = match.end()
        if not (plain in _FUNCTION or plain in AUXILIARIES or is_verb):
            run.append(word)
            has_subject = True
            if word != plain and word.lower() != plain:  # a possessive: "Darwin's theory" stays whole
                run[-1] = word
    if run:
        found.append((run, before in ("of", "about", "for", "in", "to", "on", "from", "with")))
    return found


def _drop_unknown_verb(phrases: list[tuple[list[str], bool]]) -> list[tuple[list[str], bool]]:
    """The phrases without the verb that ends the first long one ("did the windstorm topple")."""
    for at, (phrase, is_after) in enumerate(phrases):
        if len(phrase) > 1 and phrase[-1].islower():
            return [*phrases[:at], (phrase[:-1], is_after), *phrases[at + 1 :]]
    return phrases


def _strip_generic(phrase: list[str]) -> list[str]:
    """A phrase without asking words at its beginning; nothing if its noun is one, unless a name stands before it."""
    words = list(phrase)
    while words and is_generic(words[0]):
        words.pop(0)
    while len(words) > 1 and is_generic(words[-1]) and words[-1].islower():
        words.pop()
    if words:
        words[-1] = re.sub(r"['’]s?$", "", words[-1])
    return words
