"""The search of a large hospital, in this process and on one core: 5,000 names and what people type."""

import random
import time
from collections.abc import Iterator, Sequence
from urllib.parse import quote
from uuid import UUID

from pypinyin import lazy_pinyin

from infra.bench.arithmetic import Turn
from infra.bench.load import prepared
from infra.seed.answers import ANSWERS
from infra.seed.draw import draw
from infra.seed.people import FIRST, SECOND, SURNAMES
from miniapp_api.catalogue.search import Entry, Index, Kind

ENTRIES = 5000
PRACTITIONERS = 2500
DEPARTMENTS = 300
LETTERS = "abcdefghijklmnopqrstuvwxyz"
OVER_HTTP = ("xnk", "心内科", "gaoxueya", "怎么开发票", "liudoctor")


def entries() -> list[Entry]:
    """Give a hospital as large as they come: 300 departments, 2,500 practitioners, 2,200 answers; always the same."""
    rng = random.Random(1)
    catalogue = draw(1).catalogue
    places, doctors = catalogue["department"], catalogue["practitioner"]
    made: list[tuple[Kind, str, tuple[str, ...], str]] = []
    for number in range(DEPARTMENTS):
        place = places[number % len(places)]
        ward = f"{'一二三四五六七八九十'[number // len(places)]}病区" if number >= len(places) else ""
        made.append((Kind.DEPARTMENT, place["name"] + ward, tuple(place["aliases"]), place["introduction"]))
    for _ in range(PRACTITIONERS):
        name = rng.choice(SURNAMES) + rng.choice(FIRST) + rng.choice(SECOND)
        made.append((Kind.PRACTITIONER, name, (), rng.choice(doctors)["specialities"]))
    while len(made) < ENTRIES:
        one, other = rng.choice(ANSWERS), rng.choice(ANSWERS)
        made.append((Kind.FAQ, rng.choice(places)["name"] + one.question, (), other.answer))
    return [
        Entry(kind, UUID(int=number), name, aliases, text) for number, (kind, name, aliases, text) in enumerate(made)
    ]


def queries(rng: random.Random, some: Sequence[Entry]) -> Iterator[str]:
    """Give without end what people type: names and beginnings, pinyin, initials, mixtures, slips, questions."""
    while True:
        entry = rng.choice(some)
        name = entry.name[: rng.randint(1, 8)]
        sounds = lazy_pinyin(name)
        whole = "".join(sounds)
        slip = rng.randrange(len(whole))
        yield rng.choice(
            (
                name,
                whole,
                "".join(sound[0] for sound in sounds),
                name[0] + "".join(sounds[1:]),
                whole[:slip] + whole[slip + 1 :] or whole,
                whole[:slip] + rng.choice(LETTERS) + whole[slip + 1 :],
                entry.text[5:20] or name,
                rng.choice(LETTERS),
            )
        )


def measured(index: Index, some: Sequence[Entry], seconds: float, *, number: int) -> Turn:
    """Search for some seconds; making the queries is not counted.

    number: of the round, so that each asks something else.
    """
    asked = queries(random.Random(number), some)
    took: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        text = next(asked)
        began = time.perf_counter()
        index.search(text)
        took.append(time.perf_counter() - began)
    return Turn(done=len(took), seconds=sum(took), milliseconds=tuple(1000 * one for one in took))


def requests(count: int) -> list[bytes]:
    """Give requests to the search of a server."""
    return [prepared("GET", f"/api/v1/search?q={quote(OVER_HTTP[number % len(OVER_HTTP)])}") for number in range(count)]
