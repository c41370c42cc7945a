"""Cases: questions whose answers are known, from files in three forms and from the marks in the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import DecodeError, Struct, ValidationError, convert
from msgspec.json import decode

from askbrief.answer.filters import parse_filters
from askbrief.answer.question import check_question
from askbrief.conversations.saved import Conversations, Entry
from askbrief.errors import EvaluationError, QuestionError

MAX_FILE_BYTES = 256 << 20
FORMS = (
    'Give SQuAD JSON, or one object a line: {"question": …, "answers": […]} or {"turns": [{"utterance": …, "answers":'
    " […]}]}; answers are words of the folder, [] where it does not say."
)


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known of its answer.

    Attributes:
        name: What it is known by; no two cases of a file share it.
        question: As a person would type it.
        answers: Accepted answers, words of the folder; () where the folder does not say, None where nobody knows.
        path: The file that the answer has to come from, relative to the folder; '' for any.
        standalone: The question as it would be asked outside its dialogue; '' where that is not given.
        rejected: Answers that are known to be wrong; '' among them stands for "not in these articles".
    """

    name: str
    question: str
    answers: tuple[str, ...] | None
    path: str = ""
    standalone: str = ""
    rejected: tuple[str, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether anything is known of its answer; other cases are only asked for what follows them."""
        return self.answers is not None or bool(self.rejected)


Dialogue = tuple[Case, ...]
"""Questions asked one after the other; a question by itself is a dialogue of one."""


class _Text(Struct):
    text: str


class _Turn(Struct):
    answers: list[str | _Text]
    utterance: str = ""
    question: str = ""
    standalone: str = ""
    path: str = ""


class _Line(Struct):
    turns: list[_Turn] | None = None
    answers: list[str | _Text] | None = None
    question: str = ""
    path: str = ""


class _SquadQuestion(Struct):
    question: str
    answers: list[_Text] = []
    is_impossible: bool = False


class _SquadParagraph(Struct):
    qas: list[_SquadQuestion]


class _SquadArticle(Struct):
    paragraphs: list[_SquadParagraph]


class _Squad(Struct):
    data: list[_SquadArticle]


def load_dialogues(file: Path) -> list[Dialogue]:
    """The dialogues of a file: SQuAD JSON, or lines of JSON with questions or dialogues.

    Raises:
        EvaluationError: The file cannot be read, has another form, or holds no question.
    """
    data = load_bytes(file)
    try:
        whole = decode(data)
    except (DecodeError, RecursionError, UnicodeDecodeError):
        whole = None
    dialogues = _read_squad(whole, file) if isinstance(whole, dict) and "data" in whole else _read_lines(data, file)
    if not dialogues:
        raise EvaluationError(f"{file} holds no questions", hint=FORMS)
    return _name_apart(dialogues)


def load_marked(conversations: Conversations, folder: Path) -> list[Dialogue]:
    """The conversations about ``folder`` in which answers were marked, each up to its last mark.

    An answer marked right is accepted. Of one marked wrong it is known that it is wrong, not what would be right.

    Raises:
        EvaluationError: Nothing was marked.
        ConversationError: The conversations cannot be read.
    """
    dialogues = []
    for conversation in reversed(conversations.list_conversations(folder)):
        entries = list(conversations.iter_entries(conversation.id))
        while entries and not entries[-1].mark:
            entries.pop()
        if entries:
            dialogues.append(tuple(map(_build_case, entries)))
    if not dialogues:
        raise EvaluationError(
            f"no answers of {folder} are marked yet", hint="Mark some: askbrief history --mark ID right"
        )
    return _name_apart(dialogues)


def _build_case(entry: Entry) -> Case:
    answer = entry.answer
    if entry.mark == "right":
        accepted = (answer.text,) if answer.answered else ()
        return Case("", answer.question, accepted, path=answer.answers[0].path if answer.answered else "")
    return Case("", answer.question, None, rejected=(answer.text,) if entry.mark == "wrong" else ())


def load_bytes(file: Path) -> bytes:
    """The bytes of a regular file of at most ``MAX_FILE_BYTES``, without a byte order mark.

    Raises:
        EvaluationError: It is no such file, or cannot be read.
    """
    try:
        if not file.is_file():
            raise EvaluationError(
                f"{file} {'is not a file' if file.exists() else 'does not exist'}", hint="Give the path of a file."
            )
        with open(file, "rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise EvaluationError(f"{file} cannot be read: {reason}", hint="Give the path of a file.") from error
    if len(data) > MAX_FILE_BYTES:
        raise EvaluationError(f"{file} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="Split it.")
    return data.removeprefix(b"\xef\xbb\xbf")


def _read_squad(whole: object, file: Path) -> list[Dialogue]:
    try:
        squad = convert(whole, _Squad)
    except ValidationError as error:
        raise EvaluationError(f"{file} is not in SQuAD form: {error}", hint=FORMS) from error
    rows = (qa for article in squad.data for paragraph in article.paragraphs for qa in paragraph.qas)
    dialogues: list[Dialogue] = []
    for number, row in enumerate(rows, start=1):
        where = f"{file}, question {number}"
        if not row.answers and not row.is_impossible:
            raise EvaluationError(
                f"{where} has no answers", hint='Say "is_impossible": true where the folder does not answer.'
            )
        answers = [] if row.is_impossible else row.answers
        dialogues.append((_check(row.question, answers, where=where),))
    return dialogues


def _read_lines(data: bytes, file: Path) -> list[Dialogue]:
    dialogues: list[Dialogue] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        try:
            found = decode(line, type=_Line)
        except (DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise EvaluationError(f"{where} cannot be read: {error}", hint=FORMS) from error
        if found.turns is not None:
            dialogues.append(tuple(_read_turn(turn, where=where) for turn in found.turns))
        elif found.answers is not None:
            dialogues.append((_check(found.question, found.answers, where=where, path=found.path),))
        else:
            raise EvaluationError(f"{where} has neither answers nor turns", hint=FORMS)
    return [dialogue for dialogue in dialogues if dialogue]


def _read_turn(turn: _Turn, *, where: str) -> Case:
    case = _check(turn.utterance or turn.question, turn.answers, where=where, path=turn.path)
    standalone = _check_question(turn.standalone, where=where) if turn.standalone.strip() else ""
    return replace(case, standalone=standalone)


def _check(question: str, answers: Sequence[str | _Text], *, where: str, path: str = "") -> Case:
    """A case without a name.

    Raises:
        EvaluationError: The question cannot be asked, or an answer is empty.
    """
    question = _check_question(question, where=where)
    texts = [answer if isinstance(answer, str) else answer.text for answer in answers]
    if not all(text.strip() for text in texts):
        raise EvaluationError(f"{where} has an empty answer", hint="Give [] where the folder does not answer.")
    return Case("", question, tuple(dict.fromkeys(texts)), path=path)


def _check_question(question: str, *, where: str) -> str:
    """The question with single blanks.

    Raises:
        EvaluationError: It, or a filter in it, cannot be asked.
    """
    try:
        question = check_question(question)
        check_question(parse_filters(question)[0])
    except QuestionError as error:
        raise EvaluationError(f"{where}: {error.message}", hint=error.hint or FORMS) from error
    return question


def _name_apart(dialogues: Iterable[Dialogue]) -> list[Dialogue]:
    """The dialogues with a name for each case: the questions up to it, and a number where that was there before."""
    seen: Counter[str] = Counter()
    named = []
    for dialogue in dialogues:
        cases = []
        for place, case in enumerate(dialogue):
            name = " > ".join(earlier.question for earlier in dialogue[: place + 1])
            seen[name] += 1
            cases.append(replace(case, name=name if seen[name] == 1 else f"{name} #{seen[name]}"))
        named.append(tuple(cases))
    return named
