"""What goes in and out of the queue's routes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from server.web import Form, Paging, ShortText, View

Advice = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
Stage = Literal["billing", "examination", "treatment", "pharmacy", "infusion", "admission"]

# ---- forms ---------------------------------------------------------------------------------------------------------


class TransferForm(Form):
    """Where a patient is handed on to; at least one of the two. Without a practitioner: any of the department."""

    department_id: UUID | None = None
    practitioner_id: UUID | None = None


class StageForm(Form):
    """The station that a patient is sent to, and where it is."""

    stage: Stage
    place: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class FinishForm(Form):
    """What the room says at the end of a visit."""

    advice: Advice | None = None
    revisit_on: Annotated[date, Field(lt=date(2100, 1, 1))] | None = None
    care_plan_id: UUID | None = None
    diagnosis_group: Code = ""


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
    version: int


class TicketAnswer(View):
    """A ticket after a step."""

    ticket: TicketView


class RoomView(View):
    """A room and who sits there now."""

    id: str
    name: str
    location: str
    state: str
    department: Named
    practitioner: Named | None
    version: int


class RoomList(View):
    """A page of rooms."""

    items: list[RoomView]
    next: str | None


class QueueView(View):
    """A queue in the order of calling."""

    version: int
    rooms: list[RoomView]
    tickets: list[TicketView]


class RoomTicket(TicketView):
    """A ticket with what its place rests on. band: beginning and end of the booked time."""

    rule: str
    band: list[str] | None


class RoomDay(View):
    """A room's day, as it was at a moment: whom it has and may take, in the order of calling; whom it has seen.

    others_waiting: how many of the department wait for practitioners of other rooms.
    """

    version: int
    at: str
    day: str
    room: RoomView
    tickets: list[RoomTicket]
    others_waiting: int
    seen: list[TicketView]


class ToldBefore(View):
    """What the patient told when booking."""

    illness: str = ""
    history: str = ""
    expectations: str = ""
    needs: str = ""


class RoomPatient(View):
    """What the room must know of a patient. visit_type: of the booking, null for who came without one."""

    ticket_id: str
    name: str
    gender: str | None
    age: int | None
    file_number: str
    visit_type: str | None
    intake: ToldBefore | None


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
    practitioner: str | None


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
    next: list[BoardNext]
    waiting: int


class Wait(View):
    """About so many minutes, and eight of ten within so many."""

    about_minutes: int
    within_minutes: int


class PlaceView(View):
    """A patient's place. Without a number: not checked in yet, the state is that of the appointment."""

    state: str
    number: str | None
    ahead: int | None
    room: str | None
    wait: Wait | None
    stage: str
    next_place: str | None
    version: int | None


class BasisView(View):
    """What a place rests on."""

    number: str
    rule: str
    sort_class: int
    sort_at: str
    checked_in_at: str
    band: list[str] | None
    head_start_minutes: int


class ExplanationView(View):
    """Why one ticket comes before the other."""

    ticket_id: str
    against: str
    is_before: bool
    first: BasisView
    second: BasisView
    bound_minutes: int
    text: str
