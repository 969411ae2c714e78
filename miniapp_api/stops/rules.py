"""What the hospital decided about stopped sessions: what is proposed to whom, until when one may answer. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from server import clock
from server.states import Machine

WARNING = timedelta(
    hours=1
)  # nobody is asked to come sooner than that, but at the hour at which they were coming anyway
SHORTEST_ANSWER = timedelta(minutes=15)
QUIET_FROM, QUIET_UNTIL = 21, 9  # o'clock; nobody's time to answer ends in the night
HOLD_LONGER = timedelta(hours=1)  # a held place outlives the deadline of its answer, so that we end it and nobody else
RETRY_CALL = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
MOST_SESSIONS = 60  # in one act
BATCH = 25  # bookings that one look decides
ALTERNATIVES = 3
PRIORITY_DAYS = 30  # for how long a lost place counts, and how far ahead the waitlist looks for another


class Kind(StrEnum):
    """What is done to a session."""

    STOP = "stop"  # it does not take place
    MOVE = "move"  # it takes place at another time or with another practitioner
    ROOM = "room"  # it takes place in another room


class Policy(StrEnum):
    """What is tried first for each booking; what cannot be had falls to the next: moved, offered, released."""

    MOVE = "move"  # the same practitioner's next place
    MOVE_LEVEL = "move_level"  # or a place of the same level in the department
    OFFER = "offer"  # up to three places are held, the patient chooses
    RELEASE = "release"  # the place goes back, the fee is refunded


class Silence(StrEnum):
    """What happens to offered places when nobody answers."""

    FIRST = "first"  # the first one stays
    RELEASE = "release"  # all go back, the fee is refunded


class StopState(StrEnum):
    """How far an act is."""

    DECIDING = "deciding"  # nobody can book any more; what becomes of each booking is being decided
    DONE = "done"  # everybody has an outcome


class VisitState(StrEnum):
    """How far one booking of a stopped session is."""

    UNDECIDED = "undecided"  # its session is stopped; a job decides
    ASKED = "asked"  # it has an outcome, the patient was told and may answer
    SETTLED = "settled"  # answered, by the patient, by phone, or by the deadline
    VOID = "void"  # the patient was faster, or the session was opened again before anything was done


class Outcome(StrEnum):
    """What the clinic did for a booking: exactly one."""

    MOVED = "moved"  # another place is theirs
    OFFERED = "offered"  # places are held for them
    RELEASED = "released"  # the place went back, the fee is due


class Answer(StrEnum):
    """How it ended."""

    KEPT = "kept"  # the new place
    CHOSE = "chose"  # another of the held places
    GAVE_BACK = "gave_back"  # no place, the fee is due
    SILENT = "silent"  # nobody answered in time; the policy decided


class Contact(StrEnum):
    """Whether the person knows."""

    NONE = "none"  # nothing to tell yet
    TELLING = "telling"  # a message is under way
    TO_CALL = "to_call"  # on the call list
    REACHED = "reached"  # has seen it, answered, or was spoken to
    CLOSED = "closed"  # the hour of the visit has passed


class CallResult(StrEnum):
    """What came of a call."""

    ACCEPTED = "accepted"
    CHOSE = "chose"
    RELEASED = "released"
    NO_ANSWER = "no_answer"


class RefundState(StrEnum):
    """A fee that has to go back."""

    OPEN = "open"
    DONE = "done"


STOP = Machine("stop", starts=frozenset({StopState.DECIDING}), moves={StopState.DECIDING: frozenset({StopState.DONE})})
VISIT = Machine(
    "stopped_visit",
    starts=frozenset({VisitState.UNDECIDED}),
    moves={
        VisitState.UNDECIDED: frozenset({VisitState.ASKED, VisitState.SETTLED, VisitState.VOID}),
        VisitState.ASKED: frozenset({VisitState.SETTLED}),
    },
)
REFUND = Machine(
    "refund_due", starts=frozenset({RefundState.OPEN}), moves={RefundState.OPEN: frozenset({RefundState.DONE})}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking that its session's stop affects. busy: when its person is expected elsewhere."""

    appointment_id: UUID
    practitioner_id: UUID
    department_id: UUID
    visit_type: str
    title: str
    pool: str
    number: int
    starts_at: datetime
    ends_at: datetime
    to_slot_id: UUID | None = None
    sessions: frozenset[UUID] = frozenset()
    busy: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(slots=True, kw_only=True)
class Place:
    """A band that has places left."""

    slot_id: UUID
    session_id: UUID
    practitioner_id: UUID
    department_id: UUID
    visit_type: str
    title: str
    pool: str
    starts_at: datetime
    ends_at: datetime
    free: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one booking: one place that becomes theirs, some to choose from, or none."""

    outcome: Outcome
    places: tuple[Place, ...] = ()


def propose(booking: Booking, places: Iterable[Place], policy: Policy, now: datetime) -> Proposal:
    """Say what to do for a booking, with the places that are free now.

    A session that moves as a whole names the place itself. Nobody is moved to an earlier hour than they had, nor to
    another price; earlier hours may be offered.
    """
    ranked = rank(booking, places, now)
    if booking.to_slot_id is not None:
        twin = next((place for place in ranked if place.slot_id == booking.to_slot_id), None)
        if twin is not None:
            return Proposal(Outcome.MOVED, (twin,))
    elif policy in (Policy.MOVE, Policy.MOVE_LEVEL):
        for place in ranked:
            if place.starts_at >= booking.starts_at and _level(booking, place) <= (policy is Policy.MOVE_LEVEL):
                return Proposal(Outcome.MOVED, (place,))
    if policy is not Policy.RELEASE and (chosen := apart(ranked)):
        return Proposal(Outcome.OFFERED, chosen)
    return Proposal(Outcome.RELEASED)


def rank(booking: Booking, places: Iterable[Place], now: datetime) -> list[Place]:
    """Give the places that this person could take, the best first.

    The same practitioner's next, then the same level in the department by nearest time, then others of it. A place of
    a session in which the person is booked, or at an hour at which they are expected elsewhere, is none.
    """
    soonest = min(booking.starts_at, now + WARNING) if booking.starts_at > now else now
    fit = [
        place
        for place in places
        if place.free > 0
        and place.starts_at >= soonest
        and place.pool in ("app", booking.pool)
        and place.session_id not in booking.sessions
        and not _overlap(place, booking.busy)
    ]
    return sorted(fit, key=lambda place: (*_order(booking, place), str(place.slot_id)))


def _order(booking: Booking, place: Place) -> tuple[int, bool, float, float]:
    level = _level(booking, place)
    # the same person's next clinic before an earlier one; of others the nearest hour
    is_earlier = level == 0 and place.starts_at < booking.starts_at
    nearness = abs((place.starts_at - booking.starts_at).total_seconds())
    return level, is_earlier, nearness, place.starts_at.timestamp()


def _level(booking: Booking, place: Place) -> int:
    """Give 0 for the same practitioner and price, 1 for the same level, 2 for anybody else of the department."""
    if place.visit_type != booking.visit_type:
        return 2
    if place.practitioner_id == booking.practitioner_id:
        return 0
    return 1 if place.title == booking.title else 2


def _overlap(place: Place, busy: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(place.starts_at < ends_at and starts_at < place.ends_at for starts_at, ends_at in busy)


def apart(ranked: Sequence[Place], most: int = ALTERNATIVES) -> tuple[Place, ...]:
    """Choose places that one person can hold at once: in different sessions, at hours that do not overlap."""
    chosen: list[Place] = []
    for place in ranked:
        taken = [(one.starts_at, one.ends_at) for one in chosen]
        if not _overlap(place, taken) and all(place.session_id != one.session_id for one in chosen):
            chosen.append(place)
        if len(chosen) == most:
            break
    return tuple(chosen)


def propose_all(
    bookings: Sequence[Booking], places: Sequence[Place], policy: Policy, now: datetime
) -> list[tuple[Booking, Proposal]]:
    """Say what to do for everybody, first come first served by hour and number; what one gets no other gets."""
    by_slot = {place.slot_id: place for place in places}
    found = []
    for booking in sorted(bookings, key=lambda one: (one.starts_at, one.number, str(one.appointment_id))):
        proposal = propose(booking, by_slot.values(), policy, now)
        for place in proposal.places:
            place.free -= 1
        found.append((booking, proposal))
    return found


def answer_by(now: datetime, minutes: int, starts: Collection[datetime]) -> datetime:
    """Give until when somebody may answer: some time from now, not in the night, an hour before the first place."""
    found = _by_day(now + timedelta(minutes=minutes))
    if starts:
        found = min(found, min(starts) - WARNING)
    return max(found, now + SHORTEST_ANSWER)


def _by_day(moment: datetime) -> datetime:
    """Give the moment, or the next morning's when it lies in the night."""
    local = clock.local(moment)
    if QUIET_UNTIL <= local.hour < QUIET_FROM:
        return moment
    day = local.date() + timedelta(days=1 if local.hour >= QUIET_FROM else 0)
    return clock.at(day, QUIET_UNTIL + 1)


def next_call(calls: int, now: datetime) -> datetime:
    """Give when to call again. calls: made so far, this one included."""
    return now + RETRY_CALL[min(calls, len(RETRY_CALL)) - 1]
