"""SRT and WebVTT: the words of the cues as running text, each cue a place with its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import Writer, fold

_TIMES = re.compile(
    r"^\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})",
    re.MULTILINE,
)
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?[a-zA-Z0-9][^>]{0,200}>|\{\\[^}]{0,100}\}")
_SPEAKER = re.compile(r"(?:>>+|[-–—]\s|[A-ZÀ-Þ][\w .'’-]{0,40}:\s)")
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*$")
# A paragraph ends at a pause, at the end of a sentence after so many characters, and anywhere after the second number.
_LONG = 700
_TOO_LONG = 1_400
_PAUSE = 5.0


class _Cue(NamedTuple):
    start: float
    end: float
    text: str


def extract_subtitles(data: bytes, budget: Budget) -> list[Extracted]:
    """The transcript; lines that a cue repeats from the one before are written once.

    Raises:
        UnreadableError: It has no cues.
    """
    cues = list(_iter_cues(decode_bytes(data, budget).replace("\r\n", "\n").replace("\r", "\n")))
    if not cues:
        raise UnreadableError("holds no subtitles")
    writer = Writer(budget, gap="\n")
    length, last_end, last_text = 0, cues[0].start, ""
    for number, cue in enumerate(cues, 1):
        begins = (
            not writer.blocks
            or length > _TOO_LONG
            or (bool(_ENDS.search(last_text)) and (length > _LONG or bool(_SPEAKER.match(cue.text))))
            or cue.start - last_end > _PAUSE
        )
        place = writer.open("time", number, _label(cue.start))
        if begins:
            writer.add(cue.text)
            length = 0
        else:
            writer.add_line(cue.text)
        writer.close(place)
        length += len(cue.text) + 1
        last_end, last_text = cue.end, cue.text
    return [writer.finish()]


def _iter_cues(text: str) -> Iterator[_Cue]:
    found = list(_TIMES.finditer(text))
    is_vtt = text.lstrip("\ufeff").startswith("WEBVTT")
    previous: list[str] = []
    speaker = ""
    for at, times in enumerate(found):
        begins = text.find("\n", times.end())
        ends = found[at + 1].start() if at + 1 < len(found) else len(text)
        if begins < 0 or begins > ends:
            continue
        lines = _own_lines(text[begins + 1 : ends].split("\n"), is_last=at + 1 == len(found), ends_at_blank=is_vtt)
        voice = _VOICE.search("\n".join(lines))
        shown = [shown for line in lines if (shown := fold(unescape(_TAG.sub("", line))))]
        fresh = _drop_repeated(shown, previous)
        previous = shown or previous
        if not fresh:
            continue
        if voice and voice[1].strip() != speaker:
            speaker = voice[1].strip()
            fresh[0] = f"{speaker}: {fresh[0]}"
        numbers = [int(group or 0) for group in times.groups()]
        yield _Cue(_seconds(numbers[:4]), _seconds(numbers[4:]), "\n".join(fresh))


def _own_lines(lines: list[str], *, is_last: bool, ends_at_blank: bool) -> list[str]:
    """The lines of a cue, without the number or name of the next one, and in WebVTT without notes after a blank line.

    A line with a blank in it, as in captions that roll, is no blank line.
    """
    if lines and not lines[-1]:
        lines = lines[:-1]
    if not is_last and len(lines) > 1 and lines[-1] and not lines[-2]:
        lines = lines[:-1]
    while lines and not lines[0]:
        lines = lines[1:]
    return lines[: lines.index("")] if ends_at_blank and "" in lines else lines


def _drop_repeated(lines: list[str], previous: list[str]) -> list[str]:
    """The lines without those at the beginning that end the cue before: captions that roll repeat them."""
    for count in range(min(len(lines), len(previous)), 0, -1):
        if lines[:count] == previous[-count:]:
            return lines[count:]
    return list(lines)


def _seconds(parts: list[int]) -> float:
    hours, minutes, seconds, thousandths = parts
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _label(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
