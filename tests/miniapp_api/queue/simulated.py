"""Clinics that never were, for measuring: who comes when, how long the doctor takes, and who is called when.

As in booking-queue.md 4.1 and 4.2: 240 minutes, 8 bands of 4 booked, one in ten stays away, arrivals N(-15, 18) minutes
around the band, walk-ins about 18 % of the load, a quarter comes back after 25 to 80 minutes for a visit half as long,
visits lognormal with mean 6 and CV 0.7, a speed of the day of 15 %, one in eight with priority.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import log, sqrt

from miniapp_api.queue.waiting.estimates import Pace

LENGTH, BANDS, BOOKED = 240, 8, 4
BAND = LENGTH / BANDS
USUAL_MINUTES, CV, DAY_SPEED = 6.0, 0.7, 0.15
AWAY, WALK_INS, BACK, PRIORITY = 0.1, 7, 0.25, 0.12
EARLY, BEHIND, HELP, RETURN = 10, 20, 20, 20  # of the bounded head start, in minutes


@dataclass
class Person:
    """Somebody in the line; minutes from the clinic's begin. pace, average wait: when the own one was promised."""

    arrives: float
    sort_at: float
    minutes: float
    is_back: bool = False
    ahead: int = 0
    pace: Pace = field(default_factory=lambda: Pace(USUAL_MINUTES))
    average: float = 0.0
    called: float = -1.0

    @property
    def waited(self) -> float:
        """Give the real wait in minutes."""
        return self.called - self.arrives


@dataclass
class Clinic:
    """One session of one doctor."""

    dice: random.Random
    speed: float
    line: list[tuple[float, int, Person]] = field(default_factory=list)
    seen: list[Person] = field(default_factory=list)
    promised: list[Person] = field(default_factory=list)
    finished: int = 0
    minutes: float = 0.0
    is_running: bool = False
    number: int = 0

    def service(self) -> float:
        """Draw how long a visit takes."""
        spread = sqrt(log(1 + CV**2))
        return self.speed * self.dice.lognormvariate(log(USUAL_MINUTES) - spread**2 / 2, spread)

    def promise(self, person: Person, now: float) -> None:
        """Note what is known when somebody joins the line."""
        person.ahead = sum(key < person.sort_at for key, _, _ in self.line)
        person.pace = Pace(
            USUAL_MINUTES,
            visits=self.finished,
            minutes=self.minutes,
            running=int(self.is_running),
            starts_in_minutes=max(0.0, -now),
        )
        waits = [one.waited for one in self.seen]
        person.average = sum(waits) / len(waits) if waits else 0.0
        self.promised.append(person)
        self.number += 1
        heapq.heappush(self.line, (person.sort_at, self.number, person))


def sessions(count: int, seed: int) -> Iterator[list[Person]]:
    """Run clinics; give for each who was promised a wait and called, in the order of promising."""
    dice = random.Random(seed)
    for _ in range(count):
        clinic = Clinic(dice, max(0.5, dice.gauss(1, DAY_SPEED)))
        yield [person for person in _run(clinic) if person.called >= 0]


def _run(clinic: Clinic) -> list[Person]:
    turn = 0
    events: list[tuple[float, int, Callable[[float], None]]] = []

    def at(moment: float, act: Callable[[float], None]) -> None:
        nonlocal turn
        turn += 1
        heapq.heappush(events, (moment, turn, act))

    def call(now: float) -> None:
        if clinic.is_running or now < 0 or not clinic.line:
            return
        _, _, person = heapq.heappop(clinic.line)
        person.called = now
        clinic.seen.append(person)
        clinic.is_running = True
        at(now + person.minutes, lambda moment: end(person, moment))

    def end(person: Person, now: float) -> None:
        clinic.is_running = False
        clinic.finished += 1
        clinic.minutes += person.minutes
        if not person.is_back and clinic.dice.random() < BACK:
            back = now + clinic.dice.uniform(25, 80)
            at(back, lambda moment: join(_back(clinic, moment), moment))
        call(now)

    def join(person: Person, now: float) -> None:
        clinic.promise(person, now)
        call(now)

    for person in _arrivals(clinic):
        at(person.arrives, lambda moment, person=person: join(person, moment))
    at(0, call)
    while events:
        moment, _, act = heapq.heappop(events)
        act(moment)
    return clinic.promised


def _arrivals(clinic: Clinic) -> Iterator[Person]:
    dice = clinic.dice
    for band in range(BANDS):
        for _ in range(BOOKED):
            if dice.random() >= AWAY:
                arrives = band * BAND + dice.gauss(-15, 18)
                yield _person(clinic, arrives, (band * BAND, (band + 1) * BAND))
    for _ in range(WALK_INS):
        yield _person(clinic, dice.uniform(0, LENGTH - 30), None)


def _person(clinic: Clinic, arrives: float, band: tuple[float, float] | None) -> Person:
    at = arrives + BEHIND
    if band is not None:
        at = arrives if arrives > band[1] else max(band[0], arrives - EARLY)
    return Person(arrives, at - (HELP if clinic.dice.random() < PRIORITY else 0), clinic.service())


def _back(clinic: Clinic, now: float) -> Person:
    return Person(now, now - RETURN, clinic.service() / 2, is_back=True)
