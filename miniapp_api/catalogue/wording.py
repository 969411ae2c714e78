"""What is said in a catalogue: specialities, introductions, questions and answers, found by parts of them. Pure."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from miniapp_api.catalogue.comparing import A_SIGN_LEFT_OUT, INITIAL, SHORT_NAME, end_of_piece
from miniapp_api.catalogue.sounds import is_hanzi, readings

INITIALS_OF_A_QUESTION = 1.0
IN_TEXT, SOUNDS_IN_TEXT = 1.2, 1.4
A_SIGN_BEFORE, MOST_BEFORE = 0.005, 0.15  # what a text says first matters most
SHARED_WORDS = 2.0  # and up to one more, the fewer are shared
SHARED_SIGNS = 3.0
LEAST_SHARED = 0.3
UNHEARD = 0.5  # the weight of a pair of syllables that no text holds: people have their own words
RARE = 0.1
COMMON = 0.3  # a pair of syllables in more of the texts tells nothing

# how a question is put says nothing of what it is about
QUESTION_WORDS = re.compile("怎么办|怎么|怎样|如何|什么|请问|可以|一下|吗|呢|吧|我|想|要|怎麼辦|怎麼|怎樣|什麼|請問|嗎")


class Wording:
    """Texts by their numbers. Both arguments are as `sounds.normal` gives them; a text holds its name."""

    def __init__(self, names: Sequence[str], texts: Sequence[str]) -> None:
        self._texts = texts
        self._initials = ["".join(readings(sign)[0][0] for sign in name) for name in names]
        spoken = [[readings(sign)[0] for sign in text] for text in self._texts]
        self._spoken = [f" {' '.join(syllables)} " for syllables in spoken]
        self._pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._syllables: set[str] = set()
        for place, syllables in enumerate(spoken):
            for pair in set(pairwise(syllables)):
                self._pairs[pair].append(place)
            for sign in set(filter(is_hanzi, self._texts[place])):
                self._holding[sign].append(place)
            self._syllables.update(syllables)
        self._beginnings = {syllable[:end] for syllable in self._syllables for end in range(1, len(syllable) + 1)}

    def said(self, typed: str) -> Iterator[tuple[int, float]]:
        """Find a query inside the texts as it stands, by its sounds, and as the initials of a question."""
        has_hanzi = any(map(is_hanzi, typed))
        if len(typed) >= (2 if has_hanzi else 4):
            for place, text in enumerate(self._texts):
                if typed in text:
                    yield place, IN_TEXT + min(MOST_BEFORE, A_SIGN_BEFORE * text.index(typed))
            for syllables in self._spelled(typed):
                words = f" {' '.join(syllables)}"
                for place, text in enumerate(self._spoken):
                    if words in text:
                        before = text.count(" ", 0, text.index(words))
                        yield place, SOUNDS_IN_TEXT + min(MOST_BEFORE, A_SIGN_BEFORE * before)
        if not has_hanzi and 3 <= len(typed) <= SHORT_NAME:
            cost = INITIALS_OF_A_QUESTION + INITIAL * len(typed)
            yield from (
                (place, cost + A_SIGN_LEFT_OUT * text.index(typed))
                for place, text in enumerate(self._initials)
                if typed in text
            )

    def sharing(self, typed: str) -> Iterator[tuple[int, float]]:
        """Find the texts that share most pairs of syllables with a query; rare pairs tell more than common ones."""
        typed = QUESTION_WORDS.sub("", typed)
        syllables = next(self._spelled(typed), [])
        score: dict[int, float] = defaultdict(float)
        whole = 0.0
        for pair in set(pairwise(syllables)):
            places = self._pairs.get(pair)
            if places is None:
                whole += UNHEARD
                continue
            if len(places) > max(3, COMMON * len(self._texts)):
                continue
            weight = math.log(1 + len(self._texts) / (1 + len(places)))
            whole += weight
            for place in places:
                score[place] += weight
        for place, weight in score.items():
            if weight >= LEAST_SHARED * whole:
                there = sum(f" {syllable} " in self._spoken[place] for syllable in syllables) / len(syllables)
                yield place, SHARED_WORDS + 1 - 0.8 * weight / whole - 0.2 * there
        if not score and all(map(is_hanzi, typed)):
            yield from self._sharing_signs(set(typed))

    def _sharing_signs(self, signs: set[str]) -> Iterator[tuple[int, float]]:
        """Find the texts that hold half of the characters, a rare one among them: 腰疼 where the text says 腰痛."""
        score: Counter[int] = Counter()
        rare: set[int] = set()
        for sign in signs:
            places = self._holding.get(sign, ())
            score.update(places)
            if len(places) <= max(3, RARE * len(self._texts)):
                rare.update(places)
        for place in rare:
            if 2 * score[place] >= len(signs):
                yield place, SHARED_SIGNS + 1 - score[place] / len(signs)

    def _spelled(self, typed: str, *, most: int = 3) -> Iterator[list[str]]:
        """Cut a query into whole syllables, the longest first; the last may be a beginning. At most a few ways."""
        waiting: list[tuple[int, list[str]]] = [(0, [])]
        tries = 0
        while waiting and most and (tries := tries + 1) < 200:
            begin, done = waiting.pop()
            if begin == len(typed):
                most -= 1
                yield done
                continue
            if is_hanzi(typed[begin]):
                waiting.append((begin + 1, [*done, readings(typed[begin])[0]]))
                continue
            last = end_of_piece(typed, begin)
            for end in range(begin + 1, last + 1):
                piece = typed[begin:end]
                is_last = end == len(typed)
                if piece in self._syllables or (is_last and piece in self._beginnings):
                    waiting.append((end, [*done, piece]))
