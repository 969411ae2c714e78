"""What a desk sends and reads about its work without the network."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from miniapp_api.checkin.api import ScannedAppointment, ScannedTicket
from server.web import Form, Paging, ShortText, View

LARGEST_BATCH = 200
MOMENT = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]


class DeskDayQuery(Form):
    """since: the version that the desk has; then only what differs is told."""

    since: Annotated[str, StringConstraints(max_length=400)] | None = None


class ContactForm(Form):
    """One instant on two clocks: when the device last heard the server."""

    device_at: MOMENT
    server_at: MOMENT


class OfflineScanForm(Form):
    """One scan as the device kept it: by a code, or of somebody found by name.

    order: its number on this device. outcome: what the device said to the guide; `unsure` for a true code of somebody
    who is not on its list.
    """

    scan_id: UUID
    order: Annotated[int, Field(ge=0, lt=2**53)]
    scanned_at: MOMENT
    outcome: Literal["accepted", "already_checked_in", "refused", "unsure"]
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] | None = None
    appointment_id: UUID | None = None
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")] | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "OfflineScanForm":
        """Refuse both and none."""
        if (self.code is None) == (self.appointment_id is None):
            raise ValueError("either code or appointment_id")
        return self


class BatchForm(Form):
    """What a device scanned without the network. sent_at: the device's time at this sending."""

    device_id: UUID
    contact: ContactForm
    sent_at: MOMENT
    scans: Annotated[tuple[OfflineScanForm, ...], Field(min_length=1, max_length=LARGEST_BATCH)]


class DeskConflictsQuery(Paging):
    """Of one desk, or of all that are mine."""

    desk_id: UUID | None = None


class DeskConflictResolution(Form):
    """What a person decides: let in after all, or not; and why."""

    act: Literal["check_in", "dismiss"]
    reason: ShortText


class DeskOfDay(View):
    """The desk whose day it is."""

    id: str
    name: str
    location: str
    department_id: str | None


class DeskDayKey(View):
    """What checks the codes of a day and makes none: an Ed25519 public key, 32 bytes as base64url."""

    day: str
    public_key: str


class DeskDayDepartment(View):
    """A department that this desk serves."""

    id: str
    name: str
    location: str


class DeskDayBand(View):
    """A band in which people are expected, where they wait, and when check-in opens and closes."""

    slot_id: str
    department_id: str
    department: str
    practitioner: str
    place: str
    is_stopped: bool
    starts_at: str
    ends_at: str
    opens_at: str
    closes_at: str


class DeskDayPerson(View):
    """Somebody on today's list; the name masked, the phone by its last digits. state: expected, here or cancelled."""

    id: str
    slot_id: str
    state: str
    number: int
    name: str
    initials: str
    phone_tail: str
    file_number: str
    ticket: str | None
    checked_in_at: str | None


class DeskDayView(View):
    """What a desk needs to go on without the network.

    people: all when is_whole, otherwise all of the parts that are named; a part is the last byte of the id modulo 64.
    server_at: to the millisecond, so that the device knows how its clock stands. starts_at, ends_at: of the day.
    """

    day: str
    starts_at: str
    ends_at: str
    server_at: str
    version: str
    is_whole: bool
    desk: DeskOfDay
    keys: list[DeskDayKey]
    step_seconds: int
    steps_around: int
    departments: list[DeskDayDepartment]
    parts: list[int]
    people: list[DeskDayPerson]
    bands: list[DeskDayBand]


class MergedScan(View):
    """What became of an offline scan.

    counted_at: when it was by the server's clock; time_source: `device` when the device's clock could be corrected,
    `upload` otherwise. is_conflict: a person has to decide.
    """

    scan_id: str
    outcome: str
    reason: str | None
    appointment: ScannedAppointment | None
    ticket: ScannedTicket | None
    message: str
    next_step: str
    offline_outcome: str
    counted_at: str
    time_source: str
    is_conflict: bool


class MergedBatch(View):
    """The answers to a batch, in the order of the device."""

    items: list[MergedScan]


class DeskConflictView(View):
    """Somebody whom a desk let in without the network, and the rules do not; a person decides."""

    id: str
    scan_id: str
    reason: str
    desk_id: str
    desk_name: str
    appointment_id: str | None
    name: str | None
    phone_masked: str | None
    department: str | None
    starts_at: str | None
    counted_at: str
    time_source: str
    found_at: str
    ticket: str | None
    message: str
    next_step: str
    can_check_in: bool


class DeskConflictList(View):
    """A page of what waits for a decision."""

    items: list[DeskConflictView]
    next: str | None


class DeskConflictResolved(View):
    """The ticket of who was let in; none after a dismissal."""

    ticket_id: str | None
