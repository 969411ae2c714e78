"""Whole days through the pure rules, as booking-queue.md 4.1 plays them: who waits, and who passes whom by how much.

240 minutes, 8 bands of 4 booked, one in ten stays away, arrivals N(-15, 18) minutes around the band, walk-ins about
18 % of the load, a quarter comes back after 25 to 80 minutes for a visit half as long, visits lognormal with mean 6 and
CV 0.7, one in eight needs help.
"""

import heapq
import random
from dataclasses import dataclass, field
from datetime import timedelta
from math import log, sqrt
from statistics import fmean

from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import Claim, Settings
from tests.miniapp_api.queue.histories import NINE, Person, Queue

BANDS, BOOKED, BAND, WALK_INS = 8, 4, 30, 7
MEAN, CV = 6.0, 0.7
DAYS = 40


@dataclass
class Day:
    """What happened: waits from being there and due, in minutes, by kind; by how much somebody was passed."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    gaps: list[float] = field(default_factory=list)
    times_passed: dict[int, int] = field(default_factory=dict)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def a_day(policy: str, rule: Settings, seed: int) -> Day:
    dice, day = random.Random(seed), Day()
    queue = Queue(POLICIES[policy], rule)
    arrivals = sorted(_arrivals(dice), key=lambda pair: pair[0])
    backs: list[tuple[float, int, Person]] = []
    kinds: dict[int, str] = {}
    now = 0.0
    while arrivals or backs or queue.of("waiting"):
        now = max(now, 0.0)
        while arrivals and arrivals[0][0] <= now:
            at, (band, kind, flags) = arrivals.pop(0)
            queue.now = NINE + minutes(at)
            times = (NINE + minutes(band), NINE + minutes(band + BAND)) if band is not None else None
            person = queue.enter(Claim(queue.now, times, "normal", flags))
            kinds[person.number] = "late" if times and queue.now > times[1] else kind
        while backs and backs[0][0] <= now:
            at, _, person = heapq.heappop(backs)
            queue.now = NINE + minutes(at)
            queue.come_back(person)
            kinds[person.number] = "return"
        queue.now = NINE + minutes(now)
        call = queue.call()
        if call is None:
            now = min(one[0][0] for one in (arrivals, backs) if one)
            continue
        _note(day, call, kinds, queue)
        is_back = call.who.place.rule == "return"
        took = dice.lognormvariate(log(MEAN) - log(1 + CV**2) / 2, sqrt(log(1 + CV**2))) * (0.5 if is_back else 1)
        person = next(one for one in queue.people if one.number == call.who.number)
        person.state = "done"
        now += took
        if not is_back and dice.random() < 0.25:
            person.state = "away"
            heapq.heappush(backs, (now + dice.uniform(25, 80), person.number, person))
    return day


def _arrivals(dice: random.Random):
    for band in range(BANDS):
        for _ in range(BOOKED):
            if dice.random() < 0.9:
                yield max(-60.0, band * BAND + dice.gauss(-15, 18)), (band * BAND, "booked", _needs(dice))
    for _ in range(WALK_INS):
        yield dice.uniform(0, BANDS * BAND - 20), (None, "walk_in", _needs(dice))


def _needs(dice: random.Random) -> frozenset[str]:
    return frozenset({"elderly"}) if dice.random() < 0.12 else frozenset()


def _note(day: Day, call, kinds: dict[int, str], queue: Queue) -> None:
    waited = (queue.now - call.who.due).total_seconds() / 60
    day.waits.setdefault(kinds[call.who.number], []).append(max(0.0, waited))
    for one in call.waiting:
        gap = (call.who.came - one.due).total_seconds() / 60
        if gap > 0:
            day.gaps.append(gap)
            day.times_passed[one.number] = day.times_passed.get(one.number, 0) + 1


def days(policy: str, **numbers: int) -> list[Day]:
    return [a_day(policy, Settings(**numbers), seed) for seed in range(DAYS)]


def worst(played: list[Day]) -> float:
    return max(gap for day in played for gap in day.gaps)


def mean_wait(played: list[Day], kind: str) -> float:
    return fmean(wait for day in played for wait in day.waits.get(kind, []))


def test_on_whole_days_nobody_is_passed_by_more_than_is_promised():
    for policy, bound in (("head_start", 60), ("arrival", 40)):
        played = days(policy)
        assert sum(len(day.gaps) for day in played) > 100, "people are passed at all"
        assert 15 < worst(played) <= bound


def test_strict_appointments_break_what_the_head_start_promises():
    assert worst(days("appointment", walk_in_minutes=120)) > 60


def test_a_later_place_for_walk_ins_moves_waiting_to_them_and_takes_it_from_who_booked():
    early, late = days("head_start", walk_in_minutes=0), days("head_start", walk_in_minutes=40)
    assert mean_wait(late, "walk_in") > mean_wait(early, "walk_in") + 5
    assert mean_wait(late, "booked") < mean_wait(early, "booked")
    assert max(max(day.times_passed.values(), default=0) for day in late) < 20, "nobody starves"
