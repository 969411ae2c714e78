"""What goes in and out of the queue's routes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from server.web import Form, Paging, ShortText, View

Advice = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
StationCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,29}$")]
Stations = Annotated[list[StationCode], Field(max_length=10)]

# ---- forms ---------------------------------------------------------------------------------------------------------


class TransferForm(Form):
    """Where a patient is handed on to; at least one of the two. Without a practitioner: any of the department.

    wish: the patient asked for it and stands there as who comes now; else the place is kept.
    """

    department_id: UUID | None = None
    practitioner_id: UUID | None = None
    wish: bool = False


class StageForm(Form):
    """The stations that a patient is sent to, one after another; `stage` alone is one of them.

    place: where the first one is, when it is another place than the list of the department says.
    returns: the patient comes back to the doctor. If not, the visit ends here, and the stations come after it.
    """

    stage: StationCode | None = None
    stages: Stations = Field(default_factory=list)
    place: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    returns: bool = True

    @property
    def codes(self) -> list[str]:
        """Give all that are named, in order."""
        return ([self.stage] if self.stage else []) + self.stages


class FinishForm(Form):
    """What the room says at the end of a visit."""

    advice: Advice | None = None
    revisit_on: Annotated[date, Field(lt=date(2100, 1, 1))] | None = None
    care_plan_id: UUID | None = None
    diagnosis_group: Code = ""
    stages: Stations = Field(default_factory=list)


class LeavingForm(Form):
    """Why somebody left without being seen to the end."""

    reason: ShortText


class RoomsQuery(Paging):
    """Which rooms."""

    department: UUID | None = None


class AgainstQuery(Form):
    """The other ticket."""

    against: UUID


# ---- views ---------------------------------------------------------------------------------------------------------


class Named(View):
    """Something with a name."""

    id: str
    name: str


class Where(Named):
    """A room and where it is."""

    location: str


class TicketView(View):
    """A place in a queue; number is what people read and hear."""

    id: str
    number: str
    state: str
    department: Named
    practitioner: Named | None
    room: Where | None
    patient: Named
    appointment_id: str | None
    triage: str
    flags: list[str]
    checked_in_at: str
    called_at: str | None
    call_count: int
    miss_count: int
    started_at: str | None
    finished_at: str | None
    stage: str
    next_place: str
    reason: str
    ready_place: int | None
    turn_calls: int
    held_until: str | None
    greeted_at: str | None
    informed_at: str | None
    undo_until: str | None
    version: int


class TicketAnswer(View):
    """A ticket after a step."""

    ticket: TicketView


class PauseView(View):
    """Why nobody is called, as a code, and when it most likely goes on; null when nobody said."""

    reason: str | None
    until: str | None


class RoomView(View):
    """A room and who sits there now."""

    id: str
    name: str
    location: str
    state: str
    department: Named
    practitioner: Named | None
    pause: PauseView | None
    version: int


class RoomList(View):
    """A page of rooms."""

    items: list[RoomView]
    next: str | None


class QueueView(View):
    """A queue in the order of calling. pause: of the whole queue, null while it is called from."""

    version: int
    pause: PauseView | None
    rooms: list[RoomView]
    tickets: list[TicketView]


class RoomTicket(TicketView):
    """A ticket with what its place rests on. band: beginning and end of the booked time."""

    rule: str
    band: list[str] | None


class RoomRules(View):
    """What a department decided about calling; see `CallingRulesForm`."""

    ready_places: int
    recall_seconds: int
    suggest_after_calls: int
    suggest_after_seconds: int
    misses_until_gone: int
    hold_minutes: int
    norm_greeted_seconds: int
    norm_fetched_minutes: int
    norm_wait_minutes: int


class RoomDay(View):
    """A room's day, as it was at a moment: whom it has and may take, in the order of calling; whom it has seen.

    others_waiting: how many of the department wait for practitioners of other rooms. next_id: who would be called now.
    pause: of the whole queue.
    """

    version: int
    at: str
    day: str
    room: RoomView
    tickets: list[RoomTicket]
    next_id: str | None
    pause: PauseView | None
    rules: RoomRules
    others_waiting: int
    seen: list[TicketView]


class ToldBefore(View):
    """What the patient told when booking."""

    illness: str = ""
    history: str = ""
    expectations: str = ""
    needs: str = ""


class RoomPatient(View):
    """What the room must know of a patient; the name is whole once they are called.

    visit_type: of the booking, null for who came without one. visits_before, last_visit_on: in this department.
    is_return: back from a station of the same visit.
    """

    ticket_id: str
    name: str
    gender: str | None
    age: int | None
    file_number: str
    visit_type: str | None
    intake: ToldBefore | None
    visits_before: int
    last_visit_on: str | None
    is_return: bool


class BoardCall(View):
    """Who is asked in."""

    number: str
    name: str
    state: str
    room: str | None
    location: str | None
    call_count: int
    called_at: str | None


class BoardNext(View):
    """Who is next."""

    number: str
    name: str


class BoardRoom(View):
    """A room, open or paused, and who sits there now."""

    name: str
    location: str
    state: str
    pause: PauseView | None
    practitioner: str | None


class BoardReady(BoardNext):
    """Who waits at a room's door."""

    room: str


class BoardView(View):
    """What everybody in the waiting room may read, as it was at a moment of a day in the hospital's zone."""

    version: int
    at: str
    day: str
    timezone: str
    department: str
    location: str
    rooms: list[BoardRoom]
    called: list[BoardCall]
    ready: list[BoardReady]
    next: list[BoardNext]
    waiting: int


class Wait(View):
    """About so many minutes, and eight of ten within so many."""

    about_minutes: int
    within_minutes: int


class StepView(View):
    """A station of a visit. stage: its kind. id: of one to which somebody was sent, to say that it is done.

    state: done, now, next or later. place, hint: where, and how one walks there.
    """

    id: str | None
    stage: str
    name: str
    state: Literal["done", "now", "next", "later"]
    place: str | None
    hint: str | None
    name_en: str
    place_en: str | None
    hint_en: str | None
    is_after: bool


class PlaceView(View):
    """A patient's place. Without a number: not checked in yet, the state is that of the appointment.

    wait_note: the word instead of a wait: nobody calls at the moment. pause: why, and when it most likely goes on.
    steps: the whole way through the stations.
    """

    state: str
    number: str | None
    ahead: int | None
    room: str | None
    wait: Wait | None
    wait_note: Literal["paused"] | None
    stage: str
    next_place: str | None
    pause: PauseView | None
    version: int | None
    steps: list[StepView]
    ticket_id: str | None


class PlaceWhyView(View):
    """Why a patient stands where they stand. ahead: null when not in the line; lines: sentences, in their order."""

    number: str | None
    ahead: int | None
    ahead_numbers: list[str]
    lines: list[str]
    promise: str | None


class PlaceStepView(View):
    """A step to a place: start + shift_minutes, not after and not before two moments, and help_minutes earlier.

    places: behind how many who waited, after a missed call.
    """

    rule: str
    at: str
    policy: str
    version: int
    start: str
    shift_minutes: int
    not_after: str | None
    not_before: str | None
    help_minutes: int
    sort_at: str
    places: int | None
    text: str


class BasisView(View):
    """What a place rests on: the rule and its version, and every step to it, the entry first."""

    number: str
    rule: str
    rule_version: int
    policy: str
    sort_class: int
    sort_at: str
    checked_in_at: str
    band: list[str] | None
    head_start_minutes: int
    steps: list[PlaceStepView]


class ExplanationView(View):
    """Why one ticket comes before the other; bound_minutes: null when the policy promises nothing."""

    ticket_id: str
    against: str
    is_before: bool
    first: BasisView
    second: BasisView
    bound_minutes: int | None
    text: str
    notes: list[str]
