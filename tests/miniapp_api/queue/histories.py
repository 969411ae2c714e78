"""Days that never were, played through the pure rules of the order: who comes, who is called, and who passes whom."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from miniapp_api.queue.policies.basis import LIMITS, ORDINARY_CLASS, Claim, Own, Place, Policy, Settings
from miniapp_api.queue.policies.head_start import HeadStart
from miniapp_api.queue.policies.turns import Standing, Turn, counted, next_of

NINE = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
NEEDS = ["elderly", "disabled", "pregnant", "child", "wheelchair", "feverish"]


@dataclass
class Person:
    """Somebody in the queue. came: the check-in, or the last return. due: when there, and the band had begun.

    is_promised: has not missed a call, so that what is on the wall holds.
    """

    number: int
    claim: Claim
    place: Place
    came: datetime
    due: datetime
    state: str = "waiting"
    misses: int = 0
    is_promised: bool = True

    @property
    def own(self) -> Own:
        return Own(self.place.sort_class, self.place.sort_at, self.place.rule, self.place.given)

    @property
    def standing(self) -> Standing:
        return Standing(self.place.sort_class, self.place.sort_at, self.number, self.place.rule)


@dataclass(frozen=True)
class Call:
    """Somebody was called while others waited."""

    who: Person
    waiting: tuple[Person, ...]
    since_return: int


@dataclass
class Queue:
    """One line under one rule."""

    policy: Policy
    settings: Settings
    now: datetime = NINE
    people: list[Person] = field(default_factory=list)
    since_return: int = 1000

    @property
    def turn(self) -> Turn:
        return Turn(self.settings.others_per_return, self.policy.window(self.settings))

    def of(self, state: str) -> list[Person]:
        return [one for one in self.people if one.state == state]

    def enter(self, claim: Claim, place: Place | None = None, due: datetime | None = None) -> Person:
        place = place or self.policy.place_of(claim, self.settings)
        due = due or (max(claim.checked_in_at, claim.band[0]) if claim.band else claim.checked_in_at)
        person = Person(len(self.people) + 1, claim, place, claim.checked_in_at, due)
        self.people.append(person)
        return person

    def hand_on(self, claim: Claim, own: Own, *, wished: bool) -> Person:
        give = self.policy.place_of_wish if wished else self.policy.place_of_transfer
        due = max(self.now, claim.band[0]) if claim.band else self.now
        person = self.enter(claim, give(own, claim, now=self.now, settings=self.settings), due)
        person.came = self.now if wished else claim.checked_in_at
        return person

    def call(self) -> Call | None:
        waiting = self.of("waiting")
        if not waiting:
            return None
        chosen = next_of([one.standing for one in waiting], self.since_return, self.turn)
        who = next(one for one in waiting if one.number == chosen.number)
        who.state = "called"
        call = Call(replace(who), tuple(replace(one) for one in waiting if one is not who), self.since_return)
        self.since_return = counted(self.since_return, chosen)
        return call

    def miss(self, person: Person) -> None:
        person.state, person.misses, person.is_promised = "missed", person.misses + 1, False

    def come_again(self, person: Person) -> None:
        line = sorted((one.standing.sort_class, one.standing.sort_at, one.number) for one in self.of("waiting"))
        instants = [at for sort_class, at, _ in line if sort_class == person.place.sort_class]
        person.place = self.policy.place_of_recall(
            person.own, instants, now=self.now, times_missed=person.misses, settings=self.settings
        )
        person.state = "waiting"

    def come_back(self, person: Person) -> None:
        person.place = self.policy.place_of_return(self.now, person.claim, self.settings)
        person.came = person.due = self.now
        person.state, person.is_promised, person.misses = "waiting", True, 0

    def see_again(self, person: Person, triage: str, flags: frozenset[str]) -> None:
        person.claim = replace(person.claim, triage=triage, flags=flags)
        last = replace(person.claim, checked_in_at=person.came)
        person.place = self.policy.place_after_triage(person.own, last, self.settings)


# ---- what is thrown at a queue -------------------------------------------------------------------------------------

seconds = st.integers(0, 3600)
needs = st.frozensets(st.sampled_from(NEEDS), max_size=2)
triages = st.sampled_from(["normal", "normal", "normal", "priority", "urgent"])
# the band begins so many seconds from now and lasts so long; None: without a booking
bands = st.one_of(st.none(), st.tuples(st.integers(-7200, 5400), st.integers(300, 5400)))
which = st.integers(0, 30)

events = st.one_of(
    st.tuples(st.just("arrive"), bands, triages, needs),
    st.tuples(st.just("arrive"), bands, triages, needs),
    st.tuples(st.just("call"), st.sampled_from(["done", "done", "miss", "away", "away"])),
    st.tuples(st.just("call"), st.sampled_from(["done", "done", "miss", "away", "away"])),
    st.tuples(st.just("come_again"), which),
    st.tuples(st.just("come_back"), which),
    st.tuples(st.just("hold"), which),
    st.tuples(st.just("resume"), which),
    st.tuples(st.just("see_again"), which, triages, needs),
    st.tuples(st.just("hand_on"), bands, needs, seconds, st.booleans()),
)
histories = st.lists(st.tuples(st.integers(0, 2400), events), min_size=3, max_size=40)
all_settings = st.builds(
    Settings,
    **{name: st.integers(least, most) for name, (least, most) in LIMITS.items()},
    late=st.sampled_from(["arrival", "ladder"]),
)
elsewhere = Settings(early_minutes=60, walk_in_minutes=120, help_minutes=60, return_minutes=60, late="ladder")


def play(queue: Queue, history: list, *, to_the_end: bool = True) -> Iterator[Call]:
    """Let a day pass; give every call. to_the_end: until nobody waits."""
    for gap, event in history:
        queue.now += timedelta(seconds=gap)
        call = _happen(queue, *event)
        if call is not None:
            yield call
    for _ in range(len(queue.people) if to_the_end else 0):
        queue.now += timedelta(minutes=3)
        if (call := queue.call()) is not None:
            yield call


def _happen(queue: Queue, kind: str, *data) -> Call | None:
    match kind:
        case "arrive":
            queue.enter(_claim(queue.now, *data))
        case "hand_on":
            _hand_on(queue, *data)
        case "call":
            call = queue.call()
            if call is not None:
                _after(queue, next(one for one in queue.people if one.number == call.who.number), data[0])
            return call
        case _:
            _move(queue, kind, *data)
    return None


def _after(queue: Queue, person: Person, outcome: str) -> None:
    if outcome == "miss":
        queue.miss(person)
    else:
        person.state = outcome


FROM = {"come_again": "missed", "come_back": "away", "hold": "waiting", "resume": "held", "see_again": "waiting"}


def _move(queue: Queue, kind: str, nth: int, *data) -> None:
    there = queue.of(FROM[kind])
    if not there:
        return
    person = there[nth % len(there)]
    if kind == "hold":
        person.state = "held"
    elif kind == "resume":
        person.state = "waiting"  # the place is kept
    else:
        getattr(queue, kind)(person, *data)


def _claim(now: datetime, band: tuple[int, int] | None, triage: str = "normal", flags: frozenset[str] = frozenset()):
    if band is None:
        return Claim(now, None, triage, flags)
    starts_at = now + timedelta(seconds=band[0])
    return Claim(now, (starts_at, starts_at + timedelta(seconds=band[1])), triage, flags)


def _hand_on(queue: Queue, band, flags: frozenset[str], waited: int, wished: bool) -> None:
    """Somebody comes over from a queue with the most generous rule there can be."""
    claim = _claim(queue.now - timedelta(seconds=waited), band, "normal", flags)
    place = HeadStart().place_of(claim, elsewhere)
    queue.hand_on(claim, Own(place.sort_class, place.sort_at, place.rule, place.given), wished=wished)


# ---- what must hold ------------------------------------------------------------------------------------------------


def passes_too_late(call: Call, bound: timedelta) -> list[Person]:
    """Give those who were passed by somebody who came longer after they were there and due than is promised."""
    if call.who.place.sort_class != ORDINARY_CLASS:
        return []
    return [
        one
        for one in call.waiting
        if one.is_promised and one.place.sort_class == ORDINARY_CLASS and call.who.came > one.due + bound
    ]


def steals_a_turn(call: Call, turn: Turn) -> list[Person]:
    """Give the others whose turn it was when a return was called."""
    who = call.who.place
    if who.rule != "return" or who.sort_class != ORDINARY_CLASS or call.since_return >= turn.others:
        return []
    return [
        one
        for one in call.waiting
        if one.place.sort_class == ORDINARY_CLASS
        and one.place.rule != "return"
        and one.place.sort_at <= who.sort_at + turn.window
    ]
