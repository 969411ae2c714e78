"""One delivery, two workers, a provider and time, as small as they can be: every step that any of them can take.

The table of notifications/machine.py says what may move; here stands what a move changes. A worker may die at any step
or sleep for as long as it likes, a request may arrive late or never, a receipt may come at any time and twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from notifications.machine import AGAIN, ANSWERABLE, WAITING, Event, Guard, of

FRESH, HALF, OVER = 1, 2, 3  # a lease; 0 is none
ENDS = frozenset({"accepted", "delivered", "undelivered", "failed", "expired", "suppressed", "cancelled"})
NOT_SENT = frozenset({"failed", "expired", "suppressed", "cancelled"})
ARRIVED = frozenset({"accepted", "delivered", "undelivered"})


class Policy(StrEnum):
    """What is done about an outcome that nobody knows."""

    HOLD = "hold"  # subscribe messages: never again, a receipt may tell
    AGAIN = "again"  # alerts to staff: twice is better than never
    ASK = "ask"  # the provider tells whether it has taken our key
    KEY = "key"  # the provider takes a second call with our key as the first one


class Worker(NamedTuple):
    """What a worker has in its hands. is_late: half of that lease is over by its own clock."""

    phase: str = "idle"  # claimed, intended, calling; then what it was told: ok, busy, no, lost
    fence: int = 0
    is_late: bool = False


class World(NamedTuple):
    """The row, the workers, what is on its way, what the provider has, what time and people have done."""

    state: str = "planned"
    fence: int = 0
    lease: int = 0
    tries: int = 0
    is_due: bool = False
    is_quiet: bool = False  # longer ago than any call takes
    is_settled: bool = False
    again: int = 0  # how often it went from unknown to ready
    workers: tuple[Worker, Worker] = (Worker(), Worker())
    flying: int = 0  # requests whose caller no longer waits
    taken: int = 0  # by the provider
    receipt: str = ""
    receipts: int = 0
    has_passed: bool = False  # its deadline
    is_wanted: bool = True
    credits: int = 1
    by_hand: int = 0
    is_cut: bool = False  # its deadline, to what the provider remembers
    has_forgotten: bool = False  # the provider, our key


class Step(NamedTuple):
    """Something that can happen now. broken: what must never be, when this step does it."""

    said: str
    world: World
    broken: str = ""
    is_progress: bool = True  # False: bad luck or a wish, on which no end may depend


@dataclass(frozen=True)
class Model:
    """Which provider, which troubles, and which guards or moves are taken out."""

    policy: Policy = Policy.HOLD
    has_receipts: bool = False
    has_limits: bool = False  # a deadline, a withdrawal, a single consent
    has_people: bool = False  # who retry and call off
    most_fences: int = 3
    most_tries: int = 2
    without: frozenset[Guard] = field(default_factory=frozenset)
    unmoved: frozenset[Event] = field(default_factory=frozenset)

    def _holds(self, guard: Guard, holds: bool) -> bool:
        return holds or guard in self.without

    def steps(self, world: World) -> Iterator[Step]:
        """Give everything that can happen next."""
        for number in (0, 1):
            yield from self._worker(world, number)
        yield from self._time(world)
        yield from self._keepers(world)
        if world.flying:
            yield Step("the late request is taken", self._take(world._replace(flying=world.flying - 1)))
            yield Step("the late request is lost", world._replace(flying=world.flying - 1), is_progress=False)
        if self.has_receipts:
            yield from self._receipts(world)
        if self.has_people:
            yield from self._people(world)

    # --- workers

    def _worker(self, world: World, number: int) -> Iterator[Step]:
        worker, name = world.workers[number], "AB"[number]
        match worker.phase:
            case "idle":
                yield from self._claim(world, number)
                return
            case "claimed":
                yield from self._intend(world, number)
            case "intended":
                yield self._call(world, number)
            case "calling":
                yield from self._answers(world, number)
            case answer:
                yield self._record(world, number, answer)
        flying = world.flying + (worker.phase == "calling")
        yield Step(f"{name} dies", _with(world, number, Worker())._replace(flying=flying), is_progress=False)

    def _claim(self, world: World, number: int) -> Iterator[Step]:
        waits = self._holds(Guard.WAITS, world.state in WAITING)
        if not waits or not self._holds(Guard.DUE, world.is_due) or Event.CLAIM in self.unmoved:
            return
        if world.has_passed:
            yield self._expired(world, "looks and finds it too late", "AB"[number])
        elif world.fence < self.most_fences:
            fence = world.fence + 1
            taken = world._replace(state="leased", fence=fence, lease=FRESH)
            broken = "" if world.is_due else "it leaves before its moment"
            yield Step(f"{'AB'[number]} claims it ({fence})", _with(taken, number, Worker("claimed", fence)), broken)

    def _expired(self, world: World, what: str, name: str) -> Step:
        return Step(f"{name} {what}", world._replace(state="expired", lease=0), _lowered(world))

    def _intend(self, world: World, number: int) -> Iterator[Step]:
        worker, name = world.workers[number], "AB"[number]
        let_go = _with(world, number, Worker())
        mine = world.state == "leased" and world.fence == worker.fence
        if not self._holds(Guard.HELD, mine):
            yield Step(f"{name} finds its lease gone", let_go)
        elif not self._holds(Guard.IN_TIME, not world.has_passed):
            yield self._expired(let_go, "finds it too late", name)
        elif not self._holds(Guard.WANTED, world.is_wanted):
            yield Step(f"{name} finds it unwanted", let_go._replace(state="cancelled", lease=0))
        elif not self._holds(Guard.ALLOWED, world.credits > 0):
            yield Step(f"{name} finds no consent", let_go._replace(state="suppressed", lease=0))
        else:
            broken = "a call begins after the deadline" if world.has_passed else ""
            broken = broken or ("a call begins after the wish was withdrawn" if not world.is_wanted else "")
            broken = broken or ("a call begins without a consent" if world.credits < 1 else "")
            credits = world.credits - 1 if self.has_limits else world.credits
            going = world._replace(state="sending", lease=FRESH, tries=world.tries + 1, credits=credits)
            yield Step(
                f"{name} writes the attempt down", _with(going, number, worker._replace(phase="intended")), broken
            )

    def _call(self, world: World, number: int) -> Step:
        worker, name = world.workers[number], "AB"[number]
        if not self._holds(Guard.FRESH, not worker.is_late):
            return Step(f"{name} is too slow to call", _with(world, number, worker._replace(phase="busy")))
        return Step(f"{name} calls", _with(world, number, worker._replace(phase="calling")))

    def _answers(self, world: World, number: int) -> Iterator[Step]:
        worker, name = world.workers[number], "AB"[number]

        def told(phase: str, after: World = world) -> World:
            return _with(after, number, worker._replace(phase=phase))

        yield Step(f"the provider takes {name}'s call and says so", told("ok", self._take(world)))
        yield Step(f"the provider takes {name}'s call, its answer is lost", told("lost", self._take(world)))
        yield Step(f"the provider asks {name} to come later", told("busy"), is_progress=False)
        yield Step(f"the provider refuses {name}'s call", told("no"))
        yield Step(f"{name}'s call is lost", told("lost"))
        yield Step(f"{name} no longer waits for its call", told("lost", world._replace(flying=world.flying + 1)))

    def _take(self, world: World) -> World:
        is_known = self.policy is Policy.KEY and not world.has_forgotten
        return world._replace(taken=1 if is_known else world.taken + 1)

    def _record(self, world: World, number: int, answer: str) -> Step:
        worker, name = world.workers[number], "AB"[number]
        let_go = _with(world, number, Worker())
        current = self._holds(Guard.CURRENT, world.fence == worker.fence)
        awaited = world.state in ANSWERABLE or (answer == "ok" and world.state in AGAIN)
        if not current or not self._holds(Guard.ANSWERABLE, awaited):
            return Step(f"{name}'s answer comes too late", let_go)
        new = {"ok": "accepted", "busy": "retry_wait", "no": "failed", "lost": "unknown"}[answer]
        if new == "retry_wait" and world.tries >= self.most_tries:
            new = "failed"
        # what was not taken costs no consent
        credits = world.credits + (new in ("retry_wait", "failed") and self.has_limits)
        after = let_go._replace(state=new, lease=0, is_quiet=False, is_settled=False, credits=credits)
        broken = "an answer under an old lease changes the row" if world.fence != worker.fence else ""
        return Step(f"{name} records: {new}", after, broken or _lowered(world))

    # --- time, and who looks after what workers leave behind

    def _time(self, world: World) -> Iterator[Step]:
        if not world.is_due:
            yield Step("its moment comes", world._replace(is_due=True))
        if world.lease == FRESH:
            # both clocks go on: whoever holds this lease or an older one knows that half of it is over
            late = tuple(one._replace(is_late=one.phase != "idle") for one in world.workers)
            yield Step("half of the lease passes", world._replace(lease=HALF, workers=late))
        if world.lease == HALF:
            yield Step("the lease runs out", world._replace(lease=OVER))
        on_its_way = world.flying or any(
            one.phase == "calling" or (one.phase == "intended" and not one.is_late) for one in world.workers
        )
        if world.state == "unknown" and not world.is_quiet and not on_its_way:
            # longer than any call: whatever left has arrived or is gone, whoever slept knows that it is late
            late = tuple(one._replace(is_late=one.phase != "idle") for one in world.workers)
            yield Step("longer passes than any call takes", world._replace(is_quiet=True, workers=late))
        if self.policy is Policy.KEY and world.tries and not world.has_forgotten and not on_its_way:
            passed = world.has_passed or world.is_cut
            forgotten = world._replace(has_forgotten=True, has_passed=passed)
            yield Step("the provider forgets our key", forgotten, is_progress=False)
        if self.has_limits and not world.has_passed:
            yield Step("its deadline passes", world._replace(has_passed=True), is_progress=False)
        if self.has_limits and world.credits:
            yield Step("another message spends the consent", world._replace(credits=0), is_progress=False)
        if self.has_limits and world.is_wanted:
            yield Step("the wish is withdrawn", world._replace(is_wanted=False), is_progress=False)

    def _keepers(self, world: World) -> Iterator[Step]:
        if world.state in ("leased", "sending") and self._holds(Guard.OVER, world.lease == OVER):
            begun = world.state == "sending"
            if not self._holds(Guard.NOT_BEGUN, not begun) or (begun and Guard.NOT_BEGUN not in self.without):
                if Event.LOSE not in self.unmoved:
                    holder = any(
                        one.fence == world.fence and not one.is_late for one in world.workers if one.phase != "idle"
                    )
                    broken = "a call that goes on in time is given up" if holder else ""
                    lost = world._replace(state="unknown", lease=0, is_quiet=False)
                    yield Step("the sweep finds a call without an answer", lost, broken)
            elif Event.GIVE_BACK not in self.unmoved:
                yield Step("the sweep gives it back", world._replace(state="ready", lease=0))
        if world.state == "unknown" and not world.is_settled and self._holds(Guard.SETTLED, world.is_quiet):
            yield from self._settle(world)

    def _settle(self, world: World) -> Iterator[Step]:
        if self.policy is Policy.ASK and world.taken and Guard.HARMLESS not in self.without:
            if Event.FIND not in self.unmoved:
                yield Step("the provider is asked and has it", world._replace(state="accepted"))
            return
        is_known = self.policy is Policy.KEY and self._holds(Guard.REMEMBERED, not world.has_forgotten)
        is_absent = self.policy is Policy.ASK and not world.taken
        is_harmless = self.policy is Policy.AGAIN or is_known or is_absent
        bounded = self._holds(Guard.BOUNDED, world.tries < self.most_tries)
        if self._holds(Guard.HARMLESS, is_harmless) and bounded and not world.has_passed:
            if Event.SEND_AGAIN not in self.unmoved:
                broken = "it is sent again and again" if world.tries >= self.most_tries else ""
                is_cut = self.policy is Policy.KEY and Guard.REMEMBERED not in self.without
                again = world._replace(state="ready", again=world.again + 1, is_cut=world.is_cut or is_cut)
                yield Step("it is sent again", again, broken)
        else:
            yield Step("it stays unknown, and says so", world._replace(is_settled=True))

    # --- receipts and people

    def _receipts(self, world: World) -> Iterator[Step]:
        if world.taken and not world.receipt and world.receipts < 2:
            for kind in ("good", "bad"):
                yield Step(
                    f"a {kind} receipt comes",
                    world._replace(receipt=kind, receipts=world.receipts + 1),
                    is_progress=False,
                )
        if world.receipt:
            rank = world.state in of(Event.RECEIVE)[0].old
            if self._holds(Guard.RANK, rank) and Event.RECEIVE not in self.unmoved:
                new = "delivered" if world.receipt == "good" else "undelivered"
                yield Step(
                    f"the receipt makes it {new}", world._replace(state=new, receipt="", lease=0), _lowered(world)
                )
            elif world.state in ("delivered", "undelivered"):
                yield Step("the second receipt finds it known", world._replace(receipt=""))

    def _people(self, world: World) -> Iterator[Step]:
        if world.by_hand:
            return
        done = world._replace(by_hand=1)
        if self._holds(Guard.RETRIABLE, world.state in of(Event.RETRY)[0].old):
            yield Step("somebody lets it go again", done._replace(state="ready", lease=0), is_progress=False)
        if self._holds(Guard.RECALLABLE, world.state in of(Event.CALL_OFF)[0].old):
            yield Step("it is called off", done._replace(state="cancelled", lease=0), is_progress=False)


def _with(world: World, number: int, worker: Worker) -> World:
    workers = (worker, world.workers[1]) if number == 0 else (world.workers[0], worker)
    return world._replace(workers=workers)


def _lowered(world: World) -> str:
    return "a receipt is taken back" if world.state in ("delivered", "undelivered") else ""


def untrue(world: World, model: Model) -> str:
    """Say what is wrong with a world, whichever way it came about; empty when nothing is."""
    allowed = 1 + (world.again if model.policy is Policy.AGAIN else 0)
    if world.taken > allowed:
        return f"the provider took it {world.taken} times"
    if world.state in ARRIVED and not world.taken:
        return "it is said to have been sent, and the provider never took it"
    if world.state in NOT_SENT and world.taken > world.again:
        return "it is said not to have been sent, and the provider took it"
    return ""


def is_end(world: World, model: Model) -> bool:
    """Tell whether nobody has to look any more, or the model goes no further."""
    if world.state in ENDS or (world.state == "unknown" and world.is_settled):
        return not (world.receipt and world.state in ("accepted", "unknown"))
    return world.state in WAITING and world.fence >= model.most_fences
