"""What everybody will do on the simulated morning, drawn from one number. Pure: no clock, no network.

All times are minutes of the hospital's day; the morning is played faster than that.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import log
from random import Random

MOST_BANDS = 8
MORNING_MINUTES = 240.0
SHORTEST_BAND_SECONDS = 6.0  # the API takes bands of a tenth of a minute and longer
PLACES_SHARE = 0.85  # of those who want one
PATIENTS_OF_A_ROOM = 32  # 6 minutes each, with some slack in four hours
WALK_IN_SHARE = 0.10
NO_SHOW_SHARE = 0.10
SERVICE_MEAN_MINUTES = 6.0
SERVICE_SIGMA = 0.45

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安平宁和清明子文思雨晓晨一诺佳怡俊杰欣然志远秀英海燕春梅国强"
_PRAISE = ("医生很耐心。", "等候时间不长，谢谢。", "导诊台指路很清楚。", "")
_GRUMBLE = ("等了太久，没有人解释。", "叫号听不清，过号了。", "问诊不到两分钟。", "态度生硬。")


class Show(StrEnum):
    """How a patient's code is read at the desk."""

    ONCE = "once"
    AGAIN = "again"  # the answer is lost, the device sends the same scan again
    TWO_GUIDES = "two_guides"  # two guides read the same phone at once


@dataclass(frozen=True)
class Person:
    """One patient and everything that chance decides about them.

    wish, taste: where between the first and the last clinic, and band, the person would like to be; 0 to 1.
    starts_at_share: when in the time before the morning the person takes the phone out; 0 to 1.
    arrives_minutes: after the beginning of the band, negative is early. A walk-in: after the morning's beginning.
    stars: None when the person will not rate.
    """

    number: int
    name: str
    phone: str
    gender: str
    birth_date: date
    is_walk_in: bool
    wish: float
    taste: float
    starts_at_share: float
    templates: tuple[float, ...]
    wants_a_full_one: bool
    sends_twice: bool
    cancels: bool
    comes: bool
    arrives_minutes: float
    show: Show
    misses_the_call: bool
    walk_minutes: float
    service_minutes: float
    revisit_in_days: int | None
    stars: int | None
    comment: str
    wants_contact: bool
    is_satisfied: bool


@dataclass(frozen=True)
class Pace:
    """How the hospital's minutes become seconds of the play."""

    speed: float

    def seconds(self, minutes: float) -> float:
        """Give the seconds that some minutes take."""
        return minutes * 60.0 / self.speed

    @property
    def morning_seconds(self) -> float:
        """Give how long the morning takes."""
        return self.seconds(MORNING_MINUTES)

    @property
    def bands(self) -> int:
        """Give into how many bands the morning is cut: eight of half an hour, fewer when it is played too fast."""
        return max(1, min(MOST_BANDS, int(self.morning_seconds / SHORTEST_BAND_SECONDS)))

    @property
    def band_minutes(self) -> float:
        """Give the length of a band in the hospital's minutes."""
        return MORNING_MINUTES / self.bands


def draw_people(seed: int, patients: int) -> list[Person]:
    """Draw the morning's patients: the same ones, with the same decisions, for the same numbers."""
    return [_draw(Random(f"{seed}:{number}"), number) for number in range(patients)]


def _draw(rng: Random, number: int) -> Person:
    is_walk_in = rng.random() < WALK_IN_SHARE
    stars = _stars(rng)
    return Person(
        number=number,
        name=rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2)))),
        phone=f"1{rng.choice('3578')}{rng.randrange(10**9):09d}",
        gender=rng.choice(("male", "female")),
        birth_date=date(rng.randrange(1935, 2010), rng.randrange(1, 13), rng.randrange(1, 29)),
        is_walk_in=is_walk_in,
        wish=rng.random(),
        taste=rng.triangular(0.0, 1.0, 0.35),
        starts_at_share=rng.random(),
        templates=tuple(rng.random() for _ in range(16)),
        wants_a_full_one=rng.random() < 0.06,
        sends_twice=rng.random() < 0.10,
        cancels=rng.random() < 0.06,
        comes=rng.random() >= NO_SHOW_SHARE,
        arrives_minutes=rng.uniform(0.0, MORNING_MINUTES * 0.9) if is_walk_in else rng.gauss(-15.0, 18.0),
        show=rng.choices((Show.ONCE, Show.AGAIN, Show.TWO_GUIDES), (0.85, 0.10, 0.05))[0],
        misses_the_call=rng.random() < 0.06,
        walk_minutes=rng.uniform(0.3, 1.5),
        service_minutes=rng.lognormvariate(log(SERVICE_MEAN_MINUTES) - SERVICE_SIGMA**2 / 2, SERVICE_SIGMA),
        revisit_in_days=rng.choice((7, 14, 28)) if rng.random() < 0.4 else None,
        stars=stars,
        comment=rng.choice(_GRUMBLE if stars is not None and stars <= 2 else _PRAISE),
        wants_contact=rng.random() < 0.3,
        is_satisfied=rng.random() < 0.9,
    )


def _stars(rng: Random) -> int | None:
    if rng.random() >= 0.70:
        return None
    return rng.choices((1, 2, 3, 4, 5), (0.04, 0.04, 0.07, 0.30, 0.55))[0]


def accepts(person: Person, template: int) -> bool:
    """Tell whether the person says yes to the nth template of the pop-up; four in five do."""
    return person.templates[template % len(person.templates)] < 0.8


def clinics_needed(patients: int) -> int:
    """Give how many extra clinics the patients need."""
    return max(1, -(-patients // PATIENTS_OF_A_ROOM))


def capacities(patients: int, clinics: int, bands: int = MOST_BANDS) -> list[int]:
    """Give the places in each band of each clinic, so that about 85 % of those who book find one.

    Returns: one number for each clinic, at least 1; their sum times the bands comes closest to the aim.
    """
    wanted = round(patients * (1 - WALK_IN_SHARE) * PLACES_SHARE / bands)
    low, more = divmod(max(wanted, clinics), clinics)
    return [low + (1 if clinic < more else 0) for clinic in range(clinics)]


def percentile(values: list[float], share: float) -> float:
    """Give the value under which a share of the values lies (nearest rank); 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
