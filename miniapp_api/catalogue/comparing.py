"""What it costs to mean a name by what was typed: sign by sign, the cheapest way through both. Pure."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from miniapp_api.catalogue.sounds import blurred, is_a_slip, is_hanzi, readings

DEAREST = 2.75
SAME_SOUND = 0.4
OTHER_READING = 0.3
INITIAL = 0.15
BEGINNING = 0.25
NEAR_SOUND = 0.6
SLIP = 1.5
SIGN_TOO_MANY = 1.2
LATE_START = 0.5  # the query begins inside the name
SHORT_NAME = 8  # signs: in a longer one a few initials would be found everywhere
GAP, LONG_NAME_GAP = 0.7, 1.2  # signs left out
A_SIGN_LEFT_OUT = 0.05
A_SIGN_TO_COME, MOST_TO_COME = 0.02, 0.4
TWO_LETTER_INITIALS = frozenset({"zh", "ch", "sh"})

Step = tuple[int, float, int]  # where the query goes on, what it costs, how many slips it took


@dataclass
class Fit:
    """What some letters may stand for. prices: by reading, with the slips; plain, slipped: the names that hold one."""

    prices: dict[str, tuple[float, int]]
    plain: int = 0
    slipped: int = 0


class Steps:
    """What of a query one sign of a name can take, remembered for all names that hold the sign."""

    def __init__(self, typed: str, fit: Callable[[str], Fit], *, with_slips: bool) -> None:
        self.typed = typed
        self._with_slips = with_slips
        self._known: dict[tuple[int, str], tuple[Step, ...]] = {}
        self._spellings: dict[tuple[int, str], tuple[Step, ...]] = {}
        self._pieces = [
            [(end, fit(typed[begin:end]).prices) for end in range(begin + 1, end_of_piece(typed, begin) + 1)]
            for begin in range(len(typed))
        ]

    def of(self, begin: int, sign: str) -> tuple[Step, ...]:
        """Give the ways in which `sign` was meant by what is typed from `begin` on."""
        key = (begin, sign)
        if key not in self._known:
            self._known[key] = tuple(self._ways(begin, sign))
        return self._known[key]

    def _ways(self, begin: int, sign: str) -> Iterator[Step]:
        typed = self.typed
        last = len(typed) - 1
        for end, cost, slips in self._meant(begin, sign):
            yield end, cost, slips
            if self._with_slips and end == last and is_hanzi(typed[last]):
                yield len(typed), cost + SIGN_TOO_MANY, slips + 1
        if self._with_slips and begin < last and is_hanzi(typed[begin]):
            for end, cost, slips in self._meant(begin + 1, sign):
                yield end, cost + SIGN_TOO_MANY, slips + 1

    def _meant(self, begin: int, sign: str) -> Iterator[Step]:
        typed = self.typed
        if typed[begin] == sign:
            yield begin + 1, 0.0, 0
        elif is_hanzi(typed[begin]):
            if common := set(readings(typed[begin])) & set(readings(sign)):
                is_usual = readings(typed[begin])[0] in common and readings(sign)[0] in common
                yield begin + 1, SAME_SOUND + (0 if is_usual else OTHER_READING), 0
        elif is_hanzi(sign):
            usual, *others = readings(sign)
            yield from self._heard(begin, usual)
            for reading in others:
                yield from ((end, cost + OTHER_READING, slips) for end, cost, slips in self._heard(begin, reading))

    def _heard(self, begin: int, reading: str) -> tuple[Step, ...]:
        """Give the ways in which letters from `begin` on spell a reading, remembered for all signs read so."""
        key = (begin, reading)
        if key not in self._spellings:
            self._spellings[key] = tuple(
                (end, *prices[reading])
                for end, prices in self._pieces[begin]
                if reading in prices and (self._with_slips or not prices[reading][1])
            )
        return self._spellings[key]


def price_of(piece: str, reading: str) -> tuple[float, int] | None:
    """Give what it costs to read a piece so, and how many slips that takes."""
    if piece == reading:
        return 0.0, 0
    if reading.startswith(piece):
        return (INITIAL if len(piece) == 1 or piece in TWO_LETTER_INITIALS else BEGINNING), 0
    if len(piece) > 1 and blurred(piece) == blurred(reading):
        return NEAR_SOUND, 0
    return (SLIP, 1) if len(piece) > 1 and is_a_slip(piece, reading) else None


def end_of_piece(typed: str, begin: int) -> int:
    """Give where the longest piece ends that may be one syllable: seven letters, zhuang and one too many."""
    if is_hanzi(typed[begin]):
        return begin + 1
    end = begin + 1
    while end < min(begin + 7, len(typed)) and not is_hanzi(typed[end]):
        end += 1
    return end


def cost_of(signs: str, steps: Steps, *, dearest: float) -> float:
    """Give the price at which a query means a name; infinite when it does not."""
    whole, length = len(steps.typed), len(signs)
    gap = GAP if length <= SHORT_NAME else LONG_NAME_GAP
    best = math.inf
    live: dict[tuple[int, int, bool], float] = {}  # letters used, slips, whether signs are being left out
    for place, sign in enumerate(signs):
        following: dict[tuple[int, int, bool], float] = {}
        start = LATE_START + A_SIGN_LEFT_OUT * place if place else 0.0
        if start <= dearest:
            live[0, 0, False] = start
        elif not live:
            break
        for (begin, slips, is_gap), cost in live.items():
            for end, more, slip in steps.of(begin, sign):
                total = cost + more
                if slips + slip > 1 or total >= best or total > dearest:
                    continue
                if end == whole:
                    best = min(best, total + min(MOST_TO_COME, A_SIGN_TO_COME * (length - place - 1)))
                elif total < following.get((end, slips + slip, False), math.inf):
                    following[end, slips + slip, False] = total
            left_out = cost + A_SIGN_LEFT_OUT + (0 if is_gap else gap)
            if begin and left_out < following.get((begin, slips, True), dearest):
                following[begin, slips, True] = left_out
        live = following
    return best
