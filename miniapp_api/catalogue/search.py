"""The search over a catalogue: by characters, sounds, initials and all of them mixed, kept in memory. Pure.

`Index` is made once for a catalogue. A name is compared sign by sign: each sign may be typed as itself, as another sign
of the same sound, as its pinyin or the beginning of it; signs may be left out (心内科 for 心血管内科); one syllable may
hold a slip, or one character be too many. Each of these has a price, and the cheapest name is the first hit.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from miniapp_api.catalogue.names import Names, bits_of
from miniapp_api.catalogue.sounds import normal
from miniapp_api.catalogue.wording import SHARED_WORDS, Wording

LONGEST_QUERY = 40  # signs; what comes after is not looked at
LONGEST_NAME = 60
ALIAS = 0.05
EXACT = -1.0


class Kind(StrEnum):
    """What can be found; of equal hits the earlier kind comes first."""

    DEPARTMENT = "department"
    PRACTITIONER = "practitioner"
    FAQ = "faq"


# what people put behind or before a name to say what it is the name of
GENERAL_WORDS = {
    **dict.fromkeys(
        ("医生", "醫生", "大夫", "医师", "醫師", "主任", "教授", "yisheng", "daifu", "zhuren", "doctor", "dr"),
        Kind.PRACTITIONER,
    ),
    **dict.fromkeys(("门诊", "門診", "menzhen", "clinic"), Kind.DEPARTMENT),
}


@dataclass(frozen=True)
class Entry:
    """One thing to be found. aliases: other names; text: what is said of it; shown: whatever the caller shows of it."""

    kind: Kind
    id: UUID
    name: str
    aliases: tuple[str, ...] = ()
    text: str = ""
    language: str = ""
    shown: Any = None


@dataclass(frozen=True)
class Hit:
    """Something found; cost: 0 and less is exact, the more the further away."""

    entry: Entry
    cost: float


@dataclass(frozen=True)
class Wanted:
    """Which entries may be found. None: all; a language "" in an entry stands for every language."""

    kinds: frozenset[Kind] | None = None
    languages: frozenset[str] | None = None

    def __contains__(self, entry: Entry) -> bool:
        return (self.kinds is None or entry.kind in self.kinds) and (
            self.languages is None or not entry.language or entry.language in self.languages
        )


EVERYTHING = Wanted()


class Index:
    """A catalogue that can be searched. Immutable once made; may be shared by everybody who asks."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        order = {kind: place for place, kind in enumerate(Kind)}
        # names are numbered from the likeliest to be meant, which is therefore compared first
        self._entries = sorted(entries, key=lambda entry: (order[entry.kind], len(entry.name), entry.name))
        names = [normal(entry.name) for entry in self._entries]
        self._exact: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(names):
            self._exact[name].append(place)
        forms = [
            (place, signs, ALIAS if number else 0.0)
            for place, entry in enumerate(self._entries)
            for number, signs in enumerate((names[place], *map(normal, entry.aliases)))
            if signs
        ]
        self._owners = [(place, extra) for place, _, extra in forms]  # of a form: its entry, and what an alias costs
        self._names = Names([signs[:LONGEST_NAME] for _, signs, _ in forms])
        texts = [name + normal(entry.text) for name, entry in zip(names, self._entries, strict=True)]
        self._wording = Wording(names, texts)
        self._masks: dict[Wanted, tuple[int, frozenset[int] | None]] = {EVERYTHING: ((1 << len(forms)) - 1, None)}

    def __len__(self) -> int:
        return len(self._entries)

    def search(self, text: str, *, limit: int = 20, wanted: Wanted = EVERYTHING) -> list[Hit]:
        """Find what a text means, the likeliest first; may be empty.

        An entry whose name is the text stands before all others. Several words are first taken as one (xin nei ke),
        and each for itself when nothing is found so.
        """
        whole = normal(text)
        typed = whole[:LONGEST_QUERY]
        if not typed or not self._entries:
            return []
        found = self._found(typed, wanted)
        words = [word for part in text.split()[:8] if (word := normal(part)[:LONGEST_QUERY])]
        if len(words) > 1 and not any(cost < SHARED_WORDS for cost in found.values()):
            each = [self._found(word, wanted) for word in words]
            for place in set.intersection(*(set(some) for some in each)):
                found[place] = min(found.get(place, math.inf), sum(some[place] for some in each))
        found |= {place: EXACT for place in self._exact.get(whole, ()) if self._entries[place] in wanted}
        best = heapq.nsmallest(limit, found.items(), key=lambda item: (item[1], item[0]))
        return [Hit(self._entries[place], cost) for place, cost in best]

    def _found(self, typed: str, wanted: Wanted) -> dict[int, float]:
        mask, places = self._mask(wanted)
        found: dict[int, float] = {}

        def add(place: int, cost: float) -> None:
            if cost < found.get(place, math.inf) and (places is None or place in places):
                found[place] = cost

        for place, cost in self._named(typed, mask):
            add(place, cost)
        for word, kind in GENERAL_WORDS.items():
            rest = typed.removesuffix(word) if typed.endswith(word) else typed.removeprefix(word)
            if rest and rest != typed:
                for place, cost in self._named(rest, mask & self._mask(Wanted(kinds=frozenset({kind})))[0]):
                    add(place, cost + ALIAS)
                break
        for place, cost in self._wording.said(typed):
            add(place, cost)
        if not found or min(found.values()) >= SHARED_WORDS:
            for place, cost in self._wording.sharing(typed):
                add(place, cost)
        return found

    def _named(self, typed: str, mask: int) -> Iterator[tuple[int, float]]:
        for number, cost in self._names.meant(typed, mask):
            place, extra = self._owners[number]
            yield place, cost + extra

    def _mask(self, wanted: Wanted) -> tuple[int, frozenset[int] | None]:
        """Give the names and the entries that may be found; None for all of them."""
        if wanted not in self._masks:
            places = frozenset(place for place, entry in enumerate(self._entries) if entry in wanted)
            forms = bits_of(number for number, (place, _) in enumerate(self._owners) if place in places)
            self._masks[wanted] = (forms, places)
        return self._masks[wanted]
