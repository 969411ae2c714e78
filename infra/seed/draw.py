"""Draws the demonstration hospital from a number: the same number, the same hospital, identifiers too. Pure."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from infra.seed.answers import ANSWERS
from infra.seed.people import Names, introduction, title_of
from infra.seed.plan import CAMPUSES, EMERGENCY, HOSPITAL, LOGINS, PLACES, Place
from infra.seed.weeks import clinics
from infra.seed.words import ALIASES, GENDERS, PRICES, languages

_SPACE = UUID("6f1c0a52-9a3e-5b0d-8f64-2d1b7c9e4a10")  # any: it only keeps our names apart from everybody else's

FIRST_REVIEW_ON = date(2027, 1, 4)  # a fixed day: drawing knows no today

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Demo:
    """The demonstration hospital. catalogue: rows by kind, in the terms of a catalogue file; names: of each login."""

    seed: int
    catalogue: dict[str, Rows]
    names: dict[str, str]

    def name_row(self, kind: str, *key: Any) -> UUID:
        """Give the identifier of a row, always the same for this number."""
        return uuid5(_SPACE, "/".join(str(part) for part in (self.seed, kind, *key)))


def draw(seed: int) -> Demo:
    """Draw the hospital of a number."""
    rng = random.Random(seed)
    more = random.Random(f"{seed}/more")  # a source of its own: what came later changes nobody's name
    names = Names(rng)
    doctors: Rows = []
    rooms: Rows = []
    schedule: Rows = []
    for place in PLACES:
        mine = _doctors(rng, names, place, first=len(doctors) + 1)
        theirs = _rooms(place, taken=rooms)
        schedule += clinics(rng, place, mine, [room["code"] for room in theirs])
        doctors += [{**doctor, "languages": languages(more), "gender": more.choice(GENDERS)} for doctor in mine]
        rooms += theirs
    return Demo(
        seed=seed,
        catalogue={
            "hospital": [dict(HOSPITAL)],
            "campus": [dict(campus) for campus in CAMPUSES],
            "department": [_department(place) for place in PLACES],
            "practitioner": doctors,
            "room": rooms,
            "schedule": schedule,
            "price": [
                {"visit_type": visit_type, "department_code": department, "title": title, "price": fen}
                for visit_type, department, title, fen in PRICES
            ],
            "faq": _answers(),
        },
        names={login.username: names.draw() for login in LOGINS},
    )


def _department(place: Place) -> dict[str, Any]:
    return {
        "code": place.code,
        "name": place.name,
        "parent_code": place.parent,
        "campus_code": place.campus,
        "speciality_code": place.speciality,
        "ticket_prefix": place.prefix,
        "location": place.location,
        "introduction": f"诊治{'、'.join(place.treats)}等。",
        "aliases": list(ALIASES.get(place.code, ())),
        "check_in_opens_minutes": 180,
        "check_in_closes_minutes": 120,
        "service_minutes": place.minutes,
        "survey_delay_minutes": 0,  # whoever tries the demonstration sees the survey at once
        "active": True,
    }


def _answers() -> Rows:
    return [
        {
            "code": f"faq-{number:03}",
            "question": one.question,
            "answer": one.answer,
            "department_code": one.department,
            "condition": one.condition,
            "language": one.language,
            "state": "approved",
            "review_on": FIRST_REVIEW_ON + timedelta(weeks=number),
            "owner": "head1" if one.department else "service1",
        }
        for number, one in enumerate(ANSWERS, start=1)
    ]


def _doctors(rng: random.Random, names: Names, place: Place, *, first: int) -> Rows:
    return [_doctor(rng, names.draw(), place, number=n, code=f"D{first + n:03}") for n in range(place.practitioners)]


def _doctor(rng: random.Random, name: str, place: Place, *, number: int, code: str) -> dict[str, Any]:
    title = title_of(number)
    good_at = "、".join(rng.sample(place.treats, 2))
    return {
        "code": code,
        "name": name,
        "title": title,
        "department_code": place.code,
        "specialities": good_at,
        "introduction": introduction(rng, department=place.name, title=title, good_at=good_at),
        "photo": "",
        "active": True,
    }


def _rooms(place: Place, *, taken: Rows) -> Rows:
    """Number the rooms of a floor on: 201, 202, ...; the emergency building has numbers of its own."""
    if place.code == EMERGENCY:
        named = [(f"E{n}", f"急诊{n}诊室") for n in range(1, place.rooms + 1)]
    else:
        letter, word = ("M", "") if place.campus == "main" else ("D", "东")
        used = sum(room["code"].startswith(f"{letter}{place.floor}") for room in taken)
        numbers = [place.floor * 100 + used + n for n in range(1, place.rooms + 1)]
        named = [(f"{letter}{number}", f"{word}{number}诊室") for number in numbers]
    return [
        {"code": code, "name": name, "department_code": place.code, "location": place.location, "active": True}
        for code, name in named
    ]
