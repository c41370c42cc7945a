"""Small talk: what people type that asks the documents nothing."""

from __future__ import annotations

from askbrief.text.patterns import compiled
from askbrief.text.segment import fold

ADVICE = "Ask what the articles say: who, when, where, how many, why."
_PHRASE = (
    r"(?:hi|hiya|hello|hey|howdy|good (?:morning|afternoon|evening|day|night)|greetings"
    r"|thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|ty|cheers|many thanks|great thanks"
    r"|ok(?:ay)?|k|alright|all right|fine|good|great|nice|cool|perfect|awesome|wow|sure|yes|yeah|yep|no|nope|please"
    r"|bye(?: bye)?|goodbye|good bye|see you(?: later)?|test(?:ing)?|how are you(?: doing)?(?: today)?|what'?s up|sup)"
)
_ADDRESS = r"(?: (?:there|again|everyone|all|you|askbrief|assistant|then|friend|sir|madam))?"
_SMALL_TALK = rf"{_PHRASE}{_ADDRESS}(?: {_PHRASE}{_ADDRESS})*"
_SIGNS = r"[^\w' ]+"


def is_small_talk(question: str) -> bool:
    """Whether a line greets, thanks or agrees, and asks nothing."""
    words = " ".join(compiled(_SIGNS).sub(" ", fold(question).replace("’", "'")).split())
    return bool(compiled(_SMALL_TALK).fullmatch(words))
