"""Texts as people see them: signs that must not be taken apart, words and numbers that must not be cut. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterator

JOINER = "\u200d"  # between the parts of one picture
_MARKS = frozenset({"Mn", "Me", "Mc"})
_APART = frozenset("CPZ")  # spaces and punctuation: nothing joins them to what stands before
_SKIN = range(0x1F3FB, 0x1F400)  # tones of the picture before
_TAGS = range(0xE0020, 0xE0080)  # of a flag
_REGIONAL = range(0x1F1E6, 0x1F200)  # two of them are one flag
# Latin words, numbers, times and spans of time, codes: 09:00–09:30, A012, 3.5mg, e-mail, don't
_LETTER = r"[^\W\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff_]"
_WORD = re.compile(rf"{_LETTER}+(?:[:.,\-–—~/'’&@+_%°]+{_LETTER}+)*[%°]?")

Measure = Callable[[str], int]


def utf16(text: str) -> int:
    """Count as a phone counts: a sign beyond the first 65,536 is two. Never less than code points."""
    return len(text) + sum(ord(sign) > 0xFFFF for sign in text)


def utf8(text: str) -> int:
    """Count bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def signs(text: str) -> Iterator[str]:
    """Take a text apart into what people see as one sign each: a letter with its accents, one emoji, one flag."""
    sign = ""
    for character in text:
        if sign and not _belongs(sign, character):
            yield sign
            sign = ""
        sign += character
    if sign:
        yield sign


def _belongs(sign: str, character: str) -> bool:
    """Tell whether a character is part of the sign before it."""
    code, last = ord(character), ord(sign[-1])
    if unicodedata.category(character) in _MARKS or character == JOINER or code in _SKIN or code in _TAGS:
        return True
    if sign[-1] == JOINER:
        return unicodedata.category(character)[0] not in _APART
    return code in _REGIONAL and last in _REGIONAL and len(sign) % 2 == 1


def pieces(text: str) -> Iterator[str]:
    """Take a text apart where a line may end: words, numbers and times whole, everything else sign by sign."""
    whole = list(signs(text))
    starts = [0]
    for sign in whole:
        starts.append(starts[-1] + len(sign))
    bound = [found.span() for found in _WORD.finditer(text) if found.end() - found.start() > 1]
    piece, number = "", 0
    for start, sign in zip(starts, whole, strict=False):
        while number < len(bound) and bound[number][1] <= start:
            number += 1
        inside = number < len(bound) and bound[number][0] < start
        if piece and not inside:
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def shorten(text: str, most: int, *, measure: Measure = utf16, mark: str = "…") -> str:
    """Give a text of at most `most`, ending with the mark when something was left out.

    Nothing is cut inside a word, a number, a time or a sign. Only a single word that is longer than all the room is
    cut between its signs, and a single sign that is longer is left out.
    """
    if measure(text) <= most:
        return text
    kept = _as_many(pieces(text), most - measure(mark), measure)
    if not kept.strip():
        kept = _as_many(signs(text.lstrip()), most - measure(mark), measure)
    shortened = kept.rstrip(" ，、；,;（(") + mark
    return shortened if measure(shortened) <= most else ""


def _as_many(parts: Iterator[str], most: int, measure: Measure) -> str:
    kept, used = "", 0
    for part in parts:
        used += measure(part)
        if used > most:
            break
        kept += part
    return kept
