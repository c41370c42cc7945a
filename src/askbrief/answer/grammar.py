"""The grammar of English questions, as far as a follow-up needs it: question words, verbs and what stands for what."""

from __future__ import annotations

from typing import NamedTuple

from askbrief.answer.words import word_list, word_set
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold

AUXILIARIES = word_set("""
is are was were am do does did has have had will would can could shall should may might must
""")
_ADVERBS = word_set("not also still already ever never really just first now then finally since recently")
_PARTICIPLES = word_set("""
been being beaten become begun bitten blown born bought bound bred broken brought built burnt caught chosen come cut
dealt done drawn driven eaten fallen fed felt flown forbidden forgiven forgotten fought found frozen given gone
grown held hidden hit hung hurt kept killed known laid led left lost made meant met paid put run said seen sent set
shot shut sold spent split spoken spread struck stolen stood sunk sworn taken taught thought thrown told torn
understood won worn written be
""")
_PAST = {
    past: lemma
    for pair in word_list("""
ate:eat beat:beat became:become began:begin bent:bend bit:bite blew:blow bought:buy broke:break brought:bring
built:build burnt:burn came:come caught:catch chose:choose cut:cut dealt:deal did:do drank:drink drew:draw
drove:drive fed:feed fell:fall felt:feel fled:flee flew:fly forgot:forget fought:fight found:find froze:freeze
gave:give got:get grew:grow had:have heard:hear held:hold hid:hide hit:hit hurt:hurt kept:keep knew:know laid:lay
lay:lie led:lead left:leave lent:lend let:let lost:lose made:make meant:mean met:meet paid:pay put:put quit:quit
ran:run rang:ring read:read rode:ride rose:rise said:say sang:sing sank:sink sat:sit saw:see sent:send set:set
shook:shake shot:shoot showed:show shut:shut slept:sleep sold:sell sought:seek spent:spend spoke:speak spread:spread
stole:steal stood:stand struck:strike swam:swim swore:swear taught:teach thought:think threw:throw told:tell
took:take tore:tear understood:understand went:go withdrew:withdraw woke:wake won:win wore:wear wrote:write died:die
lied:lie tied:tie travelled:travel traveled:travel cancelled:cancel controlled:control created:create
welcomed:welcome focused:focus overcame:overcome agreed:agree freed:free fired:fire hired:hire expired:expire
""")
    for past, lemma in [pair.split(":")]
}
_DOUBLED = r"([bcdfghjkmnpqrtvw])\1$"
_NEEDS_E = r"(?:[csuvz]|[^aeiou]l|[^e]at|[aiu]r|[^aeiou]dg|[^aeou]in|[aeiou]g|[^aeiou]iz|[aiou]k|id|op)$"
_NO_E = (
    r"(?:ss|x|[^u]lat|eat|it|sist|air|our|ear|ain|een|ow|ook|eak|oin|visit|edit|limit|appear|suit|treat|repeat"
    r"|program|target|gag|stop)$"
)
QUESTION = (
    r"(?i)(?P<wh>(?:(?:at|in|on|to|from|by|for|with|of|about)\s)?"
    r"(?:who|whom|whose|what|which|where|when|why|how)\b)"
)
POLAR = rf"(?i)(?:{'|'.join(sorted(AUXILIARIES))})(?:n['’]t)?\s"


class Parsed(NamedTuple):
    """A question in its parts, without its question mark.

    Attributes:
        phrase: The question phrase ("which British singer"), ``""`` for a yes/no question.
        auxiliary: "did", "was", …, or ``""``.
        rest: What follows; with an auxiliary its subject comes first, unless ``is_subject``.
        is_subject: Whether the question phrase is the subject: "who met …", "who was arrested …".
    """

    phrase: str
    auxiliary: str
    rest: str
    is_subject: bool


def parse_question(question: str) -> Parsed | None:
    """The parts of a question; None if it begins with neither a question word nor an auxiliary."""
    text = question.strip().rstrip("?!. ")
    if compiled(POLAR).match(text + " "):
        auxiliary, _, rest = text.partition(" ")
        return Parsed("", auxiliary.lower(), rest, is_subject=False)
    found = compiled(QUESTION).match(text)
    if not found:
        return None
    words = text.split()
    first = len(found["wh"].split())
    place = _find_verb(words, first)
    if place == len(words):
        return Parsed(text, "", "", is_subject=False)
    phrase = " ".join(words[:place])
    verb = words[place].lower()
    if verb not in AUXILIARIES:
        return Parsed(phrase, "", " ".join(words[place:]), is_subject=True)
    after = words[place + 1 :]
    is_subject = fold(found["wh"]) in ("who", "what", "which", "how") and _follows_subject(after, verb, phrase)
    return Parsed(phrase, verb, " ".join(after), is_subject)


def is_past(word: str) -> bool:
    """Whether a word looks like a verb in the past."""
    plain = fold(word)
    return plain in _PAST or (plain.endswith("ed") and len(plain) > 4 and plain not in ("united", "hundred"))


def find_lemma(verb: str) -> tuple[str, str]:
    """The verb without its ending, and the auxiliary that says what the ending said: ("meet", "did").

    The endings of regular verbs are undone by spelling rules; a slip shows in the question searched, and no more.
    """
    plain = verb.lower()
    if plain in _PAST:
        return _PAST[plain], "did"
    if plain.endswith("ied"):
        return plain[:-3] + "y", "did"
    if plain.endswith("ed"):
        stem = plain[:-2]
        if compiled(_DOUBLED).search(stem) and not stem.endswith(("ff",)):
            return stem[:-1], "did"
        return (stem + "e" if compiled(_NEEDS_E).search(stem) and not compiled(_NO_E).search(stem) else stem), "did"
    if plain.endswith("ies"):
        return plain[:-3] + "y", "does"
    if plain.endswith(("sses", "shes", "ches", "xes", "oes")):
        return plain[:-2], "does"
    if plain.endswith("s") and not plain.endswith("ss"):
        return plain[:-1], "does"
    return plain, "do"


def _find_verb(words: list[str], first: int) -> int:
    """Where the verb of a question stands whose question word ends before ``first``."""
    head = words[first - 1].lower()
    is_bare = head in ("who", "whom", "where", "when", "why", "how") and first < len(words)
    if is_bare and (words[first].lower() in AUXILIARIES or head in ("who", "whom")):
        return first
    for at in range(first, len(words)):
        if words[at].lower() in AUXILIARIES:
            return at
        if at > first and (is_past(words[at]) or _is_present(words, at)):
            return at
    return first if first < len(words) and is_past(words[first]) else len(words)


def _is_present(words: list[str], at: int) -> bool:
    """Whether a word in "-s" behind a noun is its verb ("which fire threatens Mariposa Grove")."""
    word = words[at]
    return (
        word.islower()
        and word.endswith("s")
        and not word.endswith(("ss", "us", "'s", "’s"))
        and at + 1 < len(words)
        and not words[at - 1].lower().endswith(("many", "much", "of", "which", "what"))
        and words[at + 1].lower() not in AUXILIARIES
        and not (at + 2 < len(words) and words[at + 1].lower() in ("of", "in", "that", "who"))
        and not any(later.lower() in AUXILIARIES for later in words[at + 1 :])
    )


def _follows_subject(rest: list[str], auxiliary: str, phrase: str) -> bool:
    """Whether what follows an auxiliary shows that the question phrase is its subject."""
    words = [word for word in rest if fold(word) not in _ADVERBS]
    if not words:
        return False
    word = fold(words[0])
    if auxiliary in ("is", "are", "was", "were"):
        is_verb = word in _PARTICIPLES or (words[0].islower() and word.endswith(("ed", "ing")))
        at_place = word in ("in", "on", "at", "with", "behind", "among", "there", "responsible", "near", "from")
        return is_verb or at_place or (" " in phrase and not words[0][0].isupper() and word not in ("the", "a", "an"))
    if auxiliary in ("has", "have", "had"):
        return word in _PARTICIPLES or word == "to" or word.endswith("ed")
    if auxiliary in ("did", "do", "does"):
        return False
    if not words[0].islower() or word in ("the", "a", "an", "his", "her", "their", "its", "he", "she", "it", "they"):
        return False
    return len(words) > 1 and (word == "be" or not any(fold(w) == "be" for w in words[1:2])) and _is_bare_verb(words)


def _is_bare_verb(words: list[str]) -> bool:
    """Whether the first word after "will" is a verb: what follows it is no verb itself."""
    return (
        len(words) < 2
        or not words[1].islower()
        or words[1]
        in {
            "the",
            "a",
            "an",
            "in",
            "on",
            "at",
            "to",
            "for",
            "with",
            "by",
            "from",
            "his",
            "her",
            "their",
            "its",
            "discussed",
            "of",
            "about",
            "into",
            "over",
            "as",
            "him",
            "them",
            "it",
            "us",
        }
        or words[0] == "be"
    )
