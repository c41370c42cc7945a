"""Questions: what can be asked."""

from __future__ import annotations

from askbrief.errors import QuestionError

MAX_QUESTION_CHARACTERS = 1000


def check_question(question: str) -> str:
    """``question`` without the white space around and between its words.

    Raises:
        QuestionError: It has no letter or digit, more than ``MAX_QUESTION_CHARACTERS`` characters, or bytes that are no
            text.
    """
    question = " ".join(question.split())
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError("the question is not valid text", hint="Ask in UTF-8.")
    if not any(character.isalnum() for character in question):
        raise QuestionError("the question is empty", hint="Ask in words, for example: who met Okay Memis?")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(question):,} characters; at most {MAX_QUESTION_CHARACTERS:,} can be asked",
            hint="Ask one thing in a sentence.",
        )
    return question
