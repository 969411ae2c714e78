"""The shapes of what staff and phones are shown of stopped sessions."""

from datetime import date
from typing import Literal

from miniapp_api.stops.rules import Answer, Contact, Kind, Outcome, Policy, RefundState, StopState, VisitState
from server.web import View


class StoppableBandView(View):
    """A band of a session. booked, held, here: how many people."""

    id: str
    starts_at: str
    ends_at: str
    pool: str
    capacity: int
    booked: int
    held: int
    here: int
    is_stopped: bool


class StoppableView(View):
    """A session that may be stopped."""

    id: str
    day: date
    starts_at: str
    ends_at: str
    department_id: str
    department: str
    practitioner_id: str
    practitioner: str
    practitioner_title: str
    room_id: str | None
    room: str | None
    visit_type: str
    status: str
    version: int
    booked: int
    held: int
    here: int
    bands: list[StoppableBandView]


class StoppableList(View):
    """Sessions, by their begin; `next` is always null, the days are the limit."""

    items: list[StoppableView]
    next: str | None


class StopRoomView(View):
    """A room."""

    id: str
    name: str
    location: str


class StopRoomList(View):
    """The rooms of a department."""

    items: list[StopRoomView]


class StoppedPlaceView(View):
    """A place. id: of the appointment that holds it; null in a preview."""

    id: str | None
    starts_at: str
    ends_at: str
    department_id: str
    department: str
    practitioner: str
    practitioner_title: str
    location: str
    number: int | None
    status: str | None


class ProposalView(View):
    """What is proposed for one booking."""

    appointment_id: str
    patient: str
    phone_masked: str
    has_account: bool
    number: int
    starts_at: str
    practitioner: str
    outcome: Outcome
    places: list[StoppedPlaceView]


class StopPlanView(View):
    """What an act would do. counts: people by outcome; held, here: who decides just now, who has checked in."""

    digest: str
    counts: dict[str, int]
    held: int
    here: int
    sessions: list[StoppableView]
    visits: list[ProposalView]


class StoppedSessionView(View):
    """A session of an act, and where it takes place instead."""

    session_id: str
    day: date
    starts_at: str
    ends_at: str
    department: str
    practitioner: str
    is_whole: bool
    to_starts_at: str | None
    to_practitioner: str | None
    to_room: str | None
    reopened_at: str | None
    reopened_by: str | None
    reopened_why: str | None


class StopView(View):
    """An act. counts: undecided, moved, offered, released, asked, to_call, reached, all."""

    id: str
    kind: Kind
    policy: Policy
    reason: str
    state: StopState
    by: str
    created_at: str
    done_at: str | None
    version: int
    counts: dict[str, int]
    sessions: list[StoppedSessionView]


class StopList(View):
    """A page of acts, newest first."""

    items: list[StopView]
    next: str | None


class StoppedHereView(View):
    """Somebody who had checked in: the desk speaks with them."""

    appointment_id: str
    patient: str
    number: int
    starts_at: str
    status: str
    ticket: str | None


class StopDetail(StopView):
    """An act with who had checked in."""

    here: list[StoppedHereView]


class StopCallView(View):
    """A call that was made."""

    result: str
    note: str
    at: str
    by: str


class StoppedVisitView(View):
    """One booking of a stopped session, for staff; the name and the phone are masked."""

    id: str
    stop_id: str
    appointment_id: str
    patient: str
    phone_masked: str
    department: str
    practitioner: str
    starts_at: str
    number: int
    reason: str
    is_hold: bool
    state: VisitState
    outcome: Outcome | None
    answer: Answer | None
    answer_by: str | None
    contact: Contact
    wants_call: bool
    next_call_at: str | None
    place: StoppedPlaceView | None
    alternatives: list[StoppedPlaceView]
    calls: list[StopCallView]


class StoppedVisitList(View):
    """A page of them, by the hour of the visit."""

    items: list[StoppedVisitView]
    next: str | None


class StopPhoneView(View):
    """A whole phone number; null when none is on file."""

    phone: str | None


class RefundView(View):
    """A fee that has to go back; price_fen null: the receipt says how much."""

    id: str
    stopped_visit_id: str
    patient: str
    phone_masked: str
    file_number: str
    department: str
    practitioner: str
    starts_at: str
    reason: str
    price_fen: int | None
    state: RefundState
    receipt: str
    done_by: str | None
    done_at: str | None
    created_at: str
    version: int


class RefundList(View):
    """A page of fees, newest first."""

    items: list[RefundView]
    next: str | None


class StoppedPersonRef(View):
    """Whom it is about."""

    id: str
    name: str


class RefundDue(View):
    """What goes back to me; price_fen null: as on the receipt."""

    price_fen: int | None
    state: RefundState


class MyStoppedVisit(View):
    """One of my bookings whose session was stopped or moved. place: what I have now; can_answer: I may still choose.

    can_wait: I have no place, and may wait for another before others do. on_silence: without an answer the new place
    stays, the first of the held ones stays, or all are released.
    """

    id: str
    appointment_id: str
    kind: Kind
    patient: StoppedPersonRef
    before: StoppedPlaceView
    reason: str
    is_hold: bool
    state: VisitState
    outcome: Outcome
    answer: Answer | None
    answer_by: str | None
    on_silence: Literal["stays", "first", "release"]
    can_answer: bool
    can_wait: bool
    wants_call: bool
    place: StoppedPlaceView | None
    alternatives: list[StoppedPlaceView]
    refund: RefundDue | None


class MyStoppedVisits(View):
    """Mine, newest first."""

    items: list[MyStoppedVisit]
    next: str | None
