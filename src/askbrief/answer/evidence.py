"""Evidence: what the kind of the question says for or against a span.

A time for "when", the speaker for "who said", and for "who met Ida Pell" not "the mayor" of "the mayor, Ida Pell,".
"""

from __future__ import annotations

from functools import lru_cache

from askbrief.text.patterns import compiled
from askbrief.types import Span

NOT_TIME_WEIGHT, NUMBER_WEIGHT = 3.0, 6.0
"""Log-odds that it costs an answer to "when" to hold nothing of a time, and to be a mere number: an age, a score."""
SPEAKER_WEIGHT, QUOTED_WEIGHT = 4.0, 4.0
"""Log-odds that it is worth to an answer to "who said" to be said to speak, and to speak the words that are quoted."""
_ASKS_TIME = (
    r"(?i)\s*(?:(?:since|until|by|from)\s)?when\s(?:exactly\s)?"
    r"(?:did|was|were|is|are|do|does|will|has|had|have|can|could|should|would|might|must)\b"
    r"|\s*(?:(?:in|on|during|by|of|from|since|until)\s)?(?:what|which)\s(?:year|date|month|day|century|decade)\b"
)
_TIME = (
    r"(?i)\b(?:\d{3,4}s?|\d+\s?(?:BCE?|AD|CE|BP)|AD\s\d+|\d+s|\d+(?:st|nd|rd|th)|\d{1,2}[:.]\d\d|\d+\s?[ap]\.?m"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|\w+days?|centur(?:y|ies)|decades?|years?|months?|weeks?|hours?|minutes?|seconds?"
    r"|\w+teenth|\w+tieth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth"
    r"|ago|tomorrow|tonight|now|nights?|mornings?|evenings?|afternoons?|noon|midnight|spring|summer|autumn|fall|winter"
    r"|seasons?|eras?|ages?|periods?|times?|before|after|during|until|since|when|while|once|if|as|following|upon"
    r"|early|mid|late|later|latter|earlier|recent(?:ly)?|soon|always|never|christmas|easter|war|dynasty|reign|last|next"
    r"|immediately|currently|dawn|dusk|sunrise|sunset)\b"
)
_BARE_NUMBER = (
    r"(?i)(?:(?:about|around|at|least|most|over|nearly|of|the|age)\s)*[$£€]?\d{1,2}(?:\.\d+)?(?:,\d{3})*(?:\s?%)?"
)
_VERB = (
    r"(?:said|says?|told|tells|adds|added|noted|notes|argue[ds]|claim(?:ed|s)|state[ds]|declare[ds]|announce[ds]|wrote"
    r"|writes|insist(?:ed|s)|warn(?:ed|s)|explain(?:ed|s)|recall(?:ed|s)|replie[ds]|asked|asks|predict(?:ed|s)|denie[ds]"
    r"|confirm(?:ed|s)|acknowledge[ds]|admit(?:ted|s)|testified|testifies|suggest(?:ed|s)|complain(?:ed|s)|observe[ds]"
    r"|remark(?:ed|s)|assert(?:ed|s)|call(?:ed|s)|describe[ds])"
)
_ASKS_SPEAKER = rf"(?i)\s*(?:who|(?:which|what)\s\w+)\s(?:has\s|had\s|have\s|also\s|first\s|once\s)?{_VERB}\b"
_SPEAKS_AFTER = (
    r"(?i)[”\"]?(?:,[^,.;“”\"]{1,60},|\s\([^)]*\))?"
    rf"\s(?:also\s|has\s|had\s|have\s|later\s|once\s|who\s|then\s|\w+ly\s)?{_VERB}\b"
)
_SPOKE_BEFORE = rf"(?i)(?:[\"”,]\s{_VERB}\s(?:[^\s.;\"“”]+\s){{0,5}}|according\sto\s(?:[^\s.;\"“”]+\s){{0,4}})$"
_SPEAKS_BESIDE = rf"(?i),\s(?:also\s|has\s|had\s|later\s)?{_VERB}\b"
"""Behind a name that stands between commas: "The mayor, Ida Pell, said"."""
APPOSITION_WEIGHT = 4.0
"""Log-odds that it costs an answer to "who" to be what the text calls the person whom the question names."""
_ASKS_WHOM = r"(?i)\s*whom?\b(?!['’]s\b|\s(?:is|was|are|were|be|became|becomes|serves?|served|acts?|acted)\b)"
_NAME = r"[^\W\d_a-z][\w’'.-]*(?:\s[^\W\d_a-z][\w’'.-]*){0,3}"
_NAMED_BEHIND = rf",\s({_NAME})(?=[,.;:)](?!\s(?:and|or)\b)|\s(?:in|at|on)\b|$)"
_NAMED_BEFORE = rf"({_NAME}),\s(?:(?i:the|an?|his|her|its|their|our)\s)?$"
_DESCRIBES = r"(?i)(?:the|an?|his|her|its|their|our|\w+['’]s)\s"
_REACH = 80
_QUOTES = '"“”'
_QUOTED = r"[\"“”„«‘]([^\"“”«»]{4,})[\"“”»’]"
_STRAIGHT = str.maketrans("‘’", "''")


def find_evidence(question: str, text: str, span: Span, *, within: Span) -> float:
    """The log-odds that a span's margin gains by what it is, as far as the question asks for that; may be negative.

    Args:
        question: The question.
        text: The text of the document.
        span: The answer.
        within: The block that it lies in.
    """
    if compiled(_ASKS_TIME).match(question):
        answer = span.of(text).strip()
        if compiled(_BARE_NUMBER).fullmatch(answer):
            return -NUMBER_WEIGHT
        return 0.0 if compiled(_TIME).search(answer) else -NOT_TIME_WEIGHT
    if compiled(_ASKS_SPEAKER).match(question) and _is_speaker(text, span, within=within):
        is_quoted = any(_speaks(text, span, words, within=within) for words in _find_quoted(question))
        return SPEAKER_WEIGHT + QUOTED_WEIGHT * is_quoted
    if compiled(_ASKS_WHOM).match(question) and _is_called(question, text, span, within=within):
        return -APPOSITION_WEIGHT
    return 0.0


def _is_called(question: str, text: str, span: Span, *, within: Span) -> bool:
    """Whether the span stands beside a name of the question, set off by commas, and describes the one who has it."""
    before = text[max(within.start, span.start - _REACH) : span.start]
    if not compiled(_DESCRIBES).match(span.of(text)) and not compiled(rf"{_DESCRIBES}$").search(before):
        return False
    asked = {word.casefold() for word in compiled(r"\w+").findall(question)}
    behind = compiled(_NAMED_BEHIND).match(text, span.end, within.end)
    ahead = compiled(_NAMED_BEFORE).search(before) if text[span.end : span.end + 1] in (*",.;:)", "") else None
    names = (compiled(r"\w+").findall(found[1]) for found in (behind, ahead) if found)
    return any(all(word.casefold() in asked for word in name) for name in names)


def _is_speaker(text: str, span: Span, *, within: Span) -> bool:
    """Whether the text says right before or behind the span that it spoke."""
    before = text[max(within.start, span.start - _REACH) : span.start]
    if compiled(_SPEAKS_AFTER).match(text, span.end, within.end):
        return True
    if before.endswith(", ") and compiled(_SPEAKS_BESIDE).match(text, span.end, within.end):
        return True
    return before.count('"') + before.count("”") < 3 and compiled(_SPOKE_BEFORE).search(before) is not None


@lru_cache(maxsize=8)
def _find_quoted(question: str) -> tuple[str, ...]:
    return tuple(match[1].strip(" .,!?").lower().translate(_STRAIGHT) for match in compiled(_QUOTED).finditer(question))


def _speaks(text: str, span: Span, words: str, *, within: Span) -> bool:
    """Whether ``words`` stand in the quotation right before or behind a speaker: one mark lies between."""
    block = within.of(text).lower().translate(_STRAIGHT)
    if len(block) != len(within):
        return False
    at = block.find(words)
    while at >= 0:
        start, end = within.start + at, within.start + at + len(words)
        between = text[end : span.start] if end <= span.start else text[span.end : start]
        if sum(between.count(mark) for mark in _QUOTES) == 1:
            return True
        at = block.find(words, at + 1)
    return False
