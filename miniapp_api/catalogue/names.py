"""The names of a catalogue, by their signs and sounds. Pure.

Which names are worth comparing with a query is decided by sets: a whole number has one bit for each name, so that a set
of thousands is joined with another in a microsecond.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence

from miniapp_api.catalogue.comparing import (
    DEAREST,
    SHORT_NAME,
    SIGN_TOO_MANY,
    Fit,
    Steps,
    cost_of,
    end_of_piece,
    price_of,
)
from miniapp_api.catalogue.sounds import blurred, is_hanzi, readings

MOST_COMPARED = 200  # names that one query is compared with, the likeliest first
ENOUGH = 50
REMEMBERED_PIECES = 4000
VOWELS = frozenset("aeiouv")


class Names:
    """Names by their numbers, the likeliest to be meant first."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._short = bits_of(number for number, signs in enumerate(names) if len(signs) <= SHORT_NAME)
        self._number_syllables()

    def _number_syllables(self) -> None:
        """Make the sets of names: with a syllable, with the beginning of one, with one that looks or sounds alike."""
        members: dict[str, list[int]] = defaultdict(list)
        firsts: dict[str, list[int]] = defaultdict(list)
        for number, signs in enumerate(self._names):
            for sign in signs:
                for reading in readings(sign):
                    members[reading].append(number)
            for reading in readings(signs[0]):
                firsts[reading[0]].append(number)
        self._by_first = {letter: bits_of(numbers) for letter, numbers in firsts.items()}
        self._by_syllable = {reading: bits_of(numbers) for reading, numbers in members.items()}
        self._readings_like: dict[str, set[str]] = defaultdict(set)
        for reading in members:
            self._readings_like["~" + blurred(reading)].add(reading)
            for end in range(1, len(reading) + 1):
                self._readings_like[reading[:end]].add(reading)
            for rest in _without_a_letter(reading):
                self._readings_like["-" + rest].add(reading)
        self._fits: dict[str, Fit] = {}

    def fit(self, piece: str) -> Fit:
        """Tell which readings some letters may stand for, at what price, and which names hold one of them."""
        if piece not in self._fits:
            if len(self._fits) >= REMEMBERED_PIECES:
                self._fits.clear()
            alike = [piece, "~" + blurred(piece), *("-" + rest for rest in _without_a_letter(piece))]
            prices = {
                reading: price
                for reading in set().union(*(self._readings_like.get(one, ()) for one in alike))
                if (price := price_of(piece, reading)) is not None
            }
            fit = self._fits[piece] = Fit(prices)
            for reading, (_, slips) in prices.items():
                if slips:
                    fit.slipped |= self._by_syllable[reading]
                else:
                    fit.plain |= self._by_syllable[reading]
        return self._fits[piece]

    def meant(self, typed: str, mask: int) -> list[tuple[int, float]]:
        """Give the names of a set that a query may mean, each with its cost; a name may come twice."""
        hits = self._compare(typed, self._worth_comparing(typed, mask)[0], with_slips=False)
        long_enough = len(typed) > (2 if any(map(is_hanzi, typed)) else 3)
        if long_enough and not any(cost < SIGN_TOO_MANY for _, cost in hits):
            hits += self._compare(typed, self._worth_comparing(typed, mask, with_slips=True)[1], with_slips=True)
        return hits

    def _worth_comparing(self, typed: str, mask: int, *, with_slips: bool = False) -> tuple[int, int]:
        """Give the names that hold every syllable of a query in any order: without a slip, and with one."""
        # where no vowel stands, every letter is an initial: that asks too little of a long name
        initials_of = mask if any(is_hanzi(sign) or sign in VOWELS for sign in typed) else mask & self._short
        clean, slipped = [0] * (len(typed) + 1), [0] * (len(typed) + 1)
        clean[0] = mask
        for begin, sign in enumerate(typed):
            if not clean[begin] and not slipped[begin]:
                continue
            for end in range(begin + 1, end_of_piece(typed, begin) + 1):
                piece = typed[begin:end]
                if is_hanzi(sign):
                    plain, loose = self._sounding(sign), -1 if with_slips else 0
                else:
                    fit = self.fit(piece)
                    plain, loose = fit.plain, fit.slipped if with_slips else 0
                    if end == begin + 1:
                        plain &= initials_of
                clean[end] |= clean[begin] & plain
                slipped[end] |= (slipped[begin] & plain) | (clean[begin] & loose)
        return clean[-1], slipped[-1] & ~clean[-1]

    def _sounding(self, sign: str) -> int:
        bits = 0
        for reading in readings(sign):
            bits |= self._by_syllable.get(reading, 0)
        return bits

    def _compare(self, typed: str, numbers: int, *, with_slips: bool) -> list[tuple[int, float]]:
        first = 0
        for letter in {reading[0] for reading in readings(typed[0])}:
            first |= self._by_first.get(letter, 0)
        most = MOST_COMPARED // 2 if with_slips else MOST_COMPARED
        likely = _numbers(numbers & first, most)
        rest = _numbers(numbers & ~first, most - len(likely))
        steps = Steps(typed, self.fit, with_slips=with_slips)
        hits = []
        best: list[float] = []
        dearest = DEAREST  # once enough is found, only what is better than the last of it matters
        for number in (*likely, *rest):
            cost = cost_of(self._names[number], steps, dearest=dearest)
            if cost <= dearest:
                hits.append((number, cost))
                heapq.heappush(best, -cost)
                if len(best) > ENOUGH:
                    heapq.heappop(best)
                    dearest = -best[0]
        return hits


def _without_a_letter(piece: str) -> set[str]:
    """Give a piece and all that is left when one letter is taken out: two pieces a slip apart share one of them."""
    return {piece, *(piece[:place] + piece[place + 1 :] for place in range(len(piece)))}


def bits_of(numbers: Iterable[int]) -> int:
    """Give the set of some numbers as one number."""
    some = list(numbers)
    if not some:
        return 0
    held = bytearray(max(some) // 8 + 1)
    for number in some:
        held[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(held, "little")


def _numbers(bits: int, most: int) -> list[int]:
    """Give the least numbers of a set."""
    found: list[int] = []
    while bits and len(found) < most:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
