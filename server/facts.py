"""The vocabulary: every fact that can happen. Past tense, frozen, self-sufficient, only ever extended.

A fact carries the ids and what a reader needs to show, but no medical text and no phone number: those stay encrypted
with their owner.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Fact:
    """Something that has happened."""


@dataclass(frozen=True)
class AppointmentBooked(Fact):
    """A place was sold to a patient."""

    appointment_id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    practitioner_name: str
    location: str
    number: int
    starts_at: datetime
    ends_at: datetime
    channel: str = ""  # from where it was booked


@dataclass(frozen=True)
class AppointmentCancelled(Fact):
    """A booking was given back, by the patient or by the clinic."""

    appointment_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    by_clinic: bool
    reason: str = ""
    is_rescheduled: bool = False
    channel: str = ""  # from where it was cancelled


@dataclass(frozen=True)
class PatientArrived(Fact):
    """A patient checked in or was registered at the desk, and has a ticket."""

    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    location: str
    label: str
    triage: str = "normal"


@dataclass(frozen=True)
class ArrivalAnnulled(Fact):
    """A check-in was taken back."""

    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True)
class TicketCalled(Fact):
    """A room asked a patient in; `call_count` above one is a recall."""

    ticket_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    label: str
    room_name: str
    room_location: str
    call_count: int
    called_at: datetime
    appointment_id: UUID | None = None


@dataclass(frozen=True)
class TicketPassedOver(Fact):
    """A called patient did not come. misses: how often by now. is_over: it was the last time."""

    ticket_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    label: str
    misses: int = 1
    is_over: bool = False


@dataclass(frozen=True)
class TicketReady(Fact):
    """A patient is asked to wait at the door of a room (二次候诊). version: the ticket's, raised by this."""

    ticket_id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    label: str
    room_name: str
    room_location: str
    at: datetime
    appointment_id: UUID | None = None


@dataclass(frozen=True)
class TicketBackInLine(Fact):
    """Who waited at a room's door goes back to the waiting area; the place in the line is kept."""

    ticket_id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    department_location: str
    label: str
    room_name: str
    at: datetime
    appointment_id: UUID | None = None


@dataclass(frozen=True)
class VisitReopened(Fact):
    """The room took the end of a visit back: it goes on. times: how often it had been finished."""

    encounter_id: UUID
    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    times: int
    at: datetime


@dataclass(frozen=True)
class VisitFinished(Fact):
    """The visit took place; advice stays in the encounter. times: above one when an end was taken back before."""

    encounter_id: UUID
    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    practitioner_id: UUID | None
    practitioner_name: str
    has_advice: bool
    revisit_on: date | None
    started_at: datetime
    finished_at: datetime
    survey_delay_minutes: int
    times: int = 1
    care_plan_id: UUID | None = None
    diagnosis_group: str = ""


@dataclass(frozen=True)
class SurveyInvited(Fact):
    """A patient may rate a visit now."""

    invitation_id: UUID
    account_id: UUID
    patient_id: UUID
    patient_name: str
    department_name: str
    visited_at: datetime
    deadline: datetime
    kind: str = "outpatient"


@dataclass(frozen=True)
class SurveyReminded(Fact):
    """A patient who was asked has not answered; said once."""

    invitation_id: UUID
    account_id: UUID
    patient_id: UUID
    patient_name: str
    department_name: str
    visited_at: datetime
    deadline: datetime
    kind: str = "outpatient"


@dataclass(frozen=True)
class SurveyAnswered(Fact):
    """A patient rated a visit."""

    response_id: UUID
    invitation_id: UUID
    account_id: UUID
    is_low: bool


@dataclass(frozen=True)
class ComplaintFiled(Fact):
    """A complaint was opened, by a person or by a low rating."""

    complaint_id: UUID
    number: str
    source: str
    severity: str
    topic: str
    account_id: UUID | None
    patient_name: str
    department_name: str
    handler_id: UUID | None
    handler_name: str
    cycle: int
    wants_contact: bool
    received_at: datetime
    acknowledge_due_at: datetime
    response_due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it
    pooled_ids: tuple[UUID, ...] = ()  # staff whose budget of calls is used up: they hear in one message


@dataclass(frozen=True)
class ComplaintAssigned(Fact):
    """A complaint was handed to another handler."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    handler_id: UUID
    handler_name: str
    cycle: int
    acknowledge_due_at: datetime
    response_due_at: datetime
    pooled_ids: tuple[UUID, ...] = ()  # staff whose budget of calls is used up: they hear in one message


@dataclass(frozen=True)
class ComplaintAcknowledged(Fact):
    """A member of staff took responsibility; its alerts are done, but for those of who must as well."""

    complaint_id: UUID
    staff_id: UUID
    still_called: tuple[UUID, ...] = ()  # staff who are waited for all the same


@dataclass(frozen=True)
class ComplaintEscalated(Fact):
    """A clock ran out: the next step of the ladder must act."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    level: int
    clock: str
    cycle: int
    staff_ids: tuple[UUID, ...]
    due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it
    pooled_ids: tuple[UUID, ...] = ()  # staff whose budget of calls is used up: they hear in one message


@dataclass(frozen=True)
class ComplaintCalledAgain(Fact):
    """Nobody has taken a step of a complaint: those who must are called again.

    call: how often they were, this included. due_at: until when somebody has to have taken it.
    """

    complaint_id: UUID
    escalation_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    level: int
    clock: str
    cycle: int
    staff_ids: tuple[UUID, ...]
    call: int
    due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintUnanswered(Fact):
    """Nobody at all can be called about a complaint. staff_ids: everybody who has to see to that."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    cycle: int
    call: int
    staff_ids: tuple[UUID, ...]
    at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintStepsSettled(Fact):
    """Steps of a complaint need nobody any more. still_called: staff who are waited for at its other steps."""

    complaint_id: UUID
    still_called: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class ComplaintWarned(Fact):
    """A clock of a complaint runs out soon, or has for a promise that raises nothing. percent: of it that is over."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    department_name: str
    clock: str
    cycle: int
    percent: int
    due_at: datetime
    staff_ids: tuple[UUID, ...]
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class PagesPooled(Fact):
    """A person was called more often in an hour than is told one by one.

    hour: its beginning. waiting: complaints in which they are waited for.
    """

    staff_id: UUID
    hour: datetime
    waiting: int
    at: datetime


@dataclass(frozen=True)
class PagesTooMany(Fact):
    """A person was called too often on a day. staff_ids: who owns the rules of the ladder."""

    staff_id: UUID
    name: str
    day: date
    pages: int
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class DutyUncovered(Fact):
    """Nobody was on duty at a level of the ladder when somebody had to be called. staff_ids: who sees to the rota."""

    alarm_id: UUID
    level: int
    level_name: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class DutyCovered(Fact):
    """Somebody is on duty again at a level that had nobody."""

    alarm_id: UUID


@dataclass(frozen=True)
class ComplaintReplied(Fact):
    """The hospital wrote to the patient: a first response, a question, files or the answer."""

    complaint_id: UUID
    entry_id: UUID
    number: str
    account_id: UUID | None
    is_answer: bool
    at: datetime


@dataclass(frozen=True)
class ComplaintMessaged(Fact):
    """The patient wrote to the hospital about an open complaint."""

    complaint_id: UUID
    number: str
    handler_id: UUID | None
    topic: str
    at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintHarmHeard(Fact):
    """A later word of a patient says that somebody was or may be harmed. staff_ids: handler and supervisors on duty.

    entry_id: the line that says that the complaint became grave by it. is_open: false when the word ended it.
    """

    complaint_id: UUID
    entry_id: UUID
    number: str
    topic: str
    department_name: str
    is_open: bool
    staff_ids: tuple[UUID, ...]
    at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it


@dataclass(frozen=True)
class ComplaintClosed(Fact):
    """A complaint reached an end."""

    complaint_id: UUID
    number: str
    account_id: UUID | None
    state: str
    at: datetime


@dataclass(frozen=True)
class ComplaintReopened(Fact):
    """The patient was not satisfied: another round begins, one level higher."""

    complaint_id: UUID
    number: str
    severity: str
    topic: str
    account_id: UUID | None
    department_name: str
    handler_id: UUID | None
    handler_name: str
    cycle: int
    acknowledge_due_at: datetime
    response_due_at: datetime
    barred_ids: tuple[UUID, ...] = ()  # staff who must not hear of it
    pooled_ids: tuple[UUID, ...] = ()  # staff whose budget of calls is used up: they hear in one message


@dataclass(frozen=True)
class MessageReached(Fact):
    """A message has reached the person it was for: a provider took it, or it lies in their inbox. key: which message.

    at: when it did, whoever noticed it when.
    """

    subject_kind: str
    subject_id: UUID
    key: str
    at: datetime


@dataclass(frozen=True)
class ComplaintReminded(Fact):
    """A patient has not yet said whether an answer settles their complaint. step: 1 the same way, 2 another way."""

    complaint_id: UUID
    number: str
    account_id: UUID | None
    cycle: int
    step: int
    at: datetime


@dataclass(frozen=True)
class ComplaintCallWanted(Fact):
    """Somebody has to call a patient about a complaint. source: of the task. why: `wanted` by them, or `silent`."""

    complaint_id: UUID
    number: str
    patient_id: UUID
    department_id: UUID | None
    source: str
    why: str
    at: datetime


@dataclass(frozen=True)
class ComplaintCalled(Fact):
    """Somebody has talked with the patient of a complaint by telephone, and written it down there."""

    complaint_id: UUID
    staff_id: UUID
    at: datetime


@dataclass(frozen=True)
class VisitBriefAsked(Fact):
    """A complaint wants to know what the records say of its visit. visit_id: of an encounter or an appointment."""

    complaint_id: UUID
    visit_id: UUID


@dataclass(frozen=True)
class VisitBriefMade(Fact):
    """What the records say of the visit of a complaint. brief: sealed for `complaint_brief.brief_cipher`, base64."""

    complaint_id: UUID
    brief: str
    made_at: datetime


@dataclass(frozen=True)
class ScheduleConflictsFound(Fact):
    """Bookings stand in the way of a department's plan, or an extra clinic has no room in it. staff_ids: its planners.

    count: what stands there now, with those found before. places: booked places among it. first_at: of the earliest.
    """

    department_id: UUID
    department_name: str
    count: int
    places: int
    first_at: datetime
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ScheduleConflictsSettled(Fact):
    """Nothing stands in the way of a department's plan any more."""

    department_id: UUID


@dataclass(frozen=True)
class HolidaysUnknown(Fact):
    """A year comes near whose official holidays nobody knows. staff_ids: the administrators. year_id: stands for it."""

    year: int
    year_id: UUID
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class HolidaysKnown(Fact):
    """The holidays of such a year are known, or somebody confirmed that all of them are entered."""

    year: int
    year_id: UUID


@dataclass(frozen=True)
class SessionRoomChanged(Fact):
    """A person chose another room for one session. place: where it was before, in words."""

    session_id: UUID
    place: str


@dataclass(frozen=True)
class VisitPlaceChanged(Fact):
    """A booked visit takes place in another room. version: the appointment's, raised by this."""

    appointment_id: UUID
    version: int
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    practitioner_name: str
    location: str
    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class WaitlistJoined(Fact):
    """Somebody stands on the waitlist (候补)."""

    entry_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    at: datetime


@dataclass(frozen=True)
class PlaceOffered(Fact):
    """A place is kept for somebody on the waitlist until a deadline. patient_name: both names of two together."""

    offer_id: UUID
    entry_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    practitioner_name: str
    location: str
    starts_at: datetime
    ends_at: datetime
    deadline: datetime


@dataclass(frozen=True)
class OfferEnded(Fact):
    """An offer is over. how: accepted, declined, expired, withdrawn or void. still_waits: the entry goes on."""

    offer_id: UUID
    entry_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    how: str
    still_waits: bool
    at: datetime


@dataclass(frozen=True)
class WaitlistClosed(Fact):
    """Somebody waited, and nothing can come any more. reason: cut_off, booked_elsewhere or stopped."""

    entry_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class DrawLost(Fact):
    """A draw (摇号) gave somebody no place. position: of how many entries. lots_next: lots of the next entry here.

    reason: the code of the booking rule that said no when the turn came; empty when no place was left.
    """

    entry_id: UUID
    draw_id: UUID
    session_id: UUID
    account_id: UUID
    patient_id: UUID
    patient_name: str
    department_id: UUID
    department_name: str
    practitioner_name: str
    starts_at: datetime
    position: int
    entries: int
    lots_next: int
    reason: str = ""


@dataclass(frozen=True)
class DrawCalledOff(Fact):
    """A draw does not take place. why: stopped, gone, over, or first_come: then everybody can book."""

    entry_id: UUID
    draw_id: UUID
    account_id: UUID
    patient_id: UUID
    patient_name: str
    department_name: str
    practitioner_name: str
    starts_at: datetime
    why: str


@dataclass(frozen=True)
class VisitStopped(Fact):
    """The session of a booking does not take place as it was booked. outcome: moved, offered or released.

    is_hold: the place was only held. places: how many are held to choose from. price_fen: what goes back, if known.
    """

    visit_id: UUID
    appointment_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    practitioner_name: str
    starts_at: datetime
    reason: str
    outcome: str
    is_hold: bool = False
    to_starts_at: datetime | None = None
    to_ends_at: datetime | None = None
    to_department_name: str = ""
    to_practitioner_name: str = ""
    to_location: str = ""
    to_number: int = 0
    places: int = 0
    answer_by: datetime | None = None
    price_fen: int | None = None


@dataclass(frozen=True)
class StoppedVisitSettled(Fact):
    """Not the patient ended the question of a stopped visit. answer: kept, chose, gave_back or silent."""

    visit_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    answer: str
    to_starts_at: datetime | None = None
    to_ends_at: datetime | None = None
    to_department_name: str = ""
    to_practitioner_name: str = ""
    to_location: str = ""
    to_number: int = 0


@dataclass(frozen=True)
class StrikeGiven(Fact):
    """A missed visit, or one that was given back too late, counts against a person. kind: no_show or late_cancel.

    count: what counts in the last window_days now; limit: at which booking by phone is suspended.
    """

    strike_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    kind: str
    count: int
    limit: int
    window_days: int
    suspended_until: datetime | None
    at: datetime


@dataclass(frozen=True)
class StrikeForgiven(Fact):
    """A strike counts no more. excuse: why, as a code; reason: in the words of who forgave it."""

    strike_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    excuse: str
    reason: str
    was_appealed: bool
    suspended_until: datetime | None
    at: datetime


@dataclass(frozen=True)
class AppealRefused(Fact):
    """What a patient said against a strike was looked at, and the strike still counts."""

    appeal_id: UUID
    strike_id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    starts_at: datetime
    reason: str
    suspended_until: datetime | None
    at: datetime


@dataclass(frozen=True)
class OfflineConflictFound(Fact):
    """A desk let somebody in without the network, and the rules do not. staff_ids: who sent the scan."""

    conflict_id: UUID
    desk_name: str
    department_name: str
    reason: str
    scanned_at: datetime
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class OfflineConflictSettled(Fact):
    """Somebody decided about such a scan, or a later one brought the ticket."""

    conflict_id: UUID


@dataclass(frozen=True)
class AnswerDue(Fact):
    """The day of review of an approved answer has come. staff_ids: who keeps it true."""

    faq_id: UUID
    question: str
    department_name: str
    review_on: date
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ReportMade(Fact):
    """A report of the desk was made, or corrected. staff_ids: who is told. No name of a patient is in the summary."""

    report_id: UUID
    name: str
    title: str
    summary: str
    correction: int
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ReportRead(Fact):
    """Somebody has read a report of the desk."""

    report_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class TriageRaised(Fact):
    """Somebody got worse, or came in as one who cannot wait: the rooms and the emergency department must know.

    room_ids, emergency_ids: the staff to call. by_name: who said so.
    """

    ticket_id: UUID
    line_id: UUID
    label: str
    department_name: str
    location: str
    triage: str
    by_name: str
    room_ids: tuple[UUID, ...]
    emergency_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class TriageConfirmed(Fact):
    """A second person confirmed that a ticket is urgent."""

    ticket_id: UUID
    line_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class TriageUnconfirmed(Fact):
    """Nobody has confirmed an urgent ticket in time. staff_ids: the supervisors."""

    ticket_id: UUID
    line_id: UUID
    label: str
    department_name: str
    by_name: str
    minutes: int
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class TriageSettled(Fact):
    """An urgent ticket is being seen to, is over, or was set lower."""

    ticket_id: UUID
    line_id: UUID


@dataclass(frozen=True)
class AnswerSettled(Fact):
    """An answer that was due has been reviewed, rewritten or retired."""

    faq_id: UUID


@dataclass(frozen=True)
class AlertAcknowledged(Fact):
    """A member of staff acknowledged an alert on the live screen."""

    alert_id: UUID
    subject_kind: str
    subject_id: UUID
    staff_id: UUID
    staff_name: str


@dataclass(frozen=True)
class TurnIsNear(Fact):
    """Few are ahead of somebody who had more ahead at first."""

    ticket_id: UUID
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    department_name: str
    location: str
    label: str
    ahead: int
    at: datetime


@dataclass(frozen=True)
class DoctorLate(Fact):
    """A clinic should have begun so many minutes ago. ticket_id: of who waits; starts_at: of who is booked."""

    session_id: UUID
    ticket_id: UUID | None
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    starts_at: datetime | None
    department_name: str
    practitioner_name: str
    location: str
    minutes: int
    at: datetime


@dataclass(frozen=True)
class DoctorStarted(Fact):
    """A clinic, of whose delay somebody heard, has begun; as in `DoctorLate`."""

    session_id: UUID
    ticket_id: UUID | None
    appointment_id: UUID | None
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    starts_at: datetime | None
    department_name: str
    practitioner_name: str
    location: str
    at: datetime


@dataclass(frozen=True)
class WaitsMisjudged(Fact):
    """On a day too few or too many patients were called within what they were promised. visits: that were counted."""

    alarm_id: UUID
    department_id: UUID
    department_name: str
    day: date
    coverage_percent: int
    visits: int
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class WaitsHold(Fact):
    """The promises of a department hold again."""

    alarm_id: UUID
    department_id: UUID
    day: date


@dataclass(frozen=True)
class CallClaimed(Fact):
    """Somebody is calling a patient of the call list."""

    call_task_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class CallEnded(Fact):
    """A call to a patient was made, or tried. kind: of the task. result: what came of it."""

    call_task_id: UUID
    kind: str
    patient_id: UUID
    plan_step_id: UUID | None
    result: str
    staff_id: UUID
    at: datetime


@dataclass(frozen=True)
class FollowUpAlarming(Fact):
    """A patient answered a follow-up in a way that somebody must hear of at once. staff_ids: who is called."""

    response_id: UUID
    plan_step_id: UUID
    call_task_id: UUID
    department_name: str
    plan_name: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class WebhookGaveUp(Fact):
    """Another system has not taken news for days, and gets none any more. code: of its last answer."""

    endpoint_id: UUID
    host: str
    description: str
    code: str
    failing_since: datetime
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class WebhookSettled(Fact):
    """Somebody switched such a system on, off, or removed it."""

    endpoint_id: UUID


@dataclass(frozen=True)
class ProviderDown(Fact):
    """A provider was in trouble so often that nobody calls it any more. channel_id: stands for it. code: the last."""

    channel: str
    channel_id: UUID
    code: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ProviderBack(Fact):
    """Such a provider takes messages again."""

    channel: str
    channel_id: UUID
    at: datetime


@dataclass(frozen=True)
class ProviderTrouble(Fact):
    """A provider refuses for a cause that somebody has to mend. cause: template, credentials, permission, account."""

    channel: str
    trouble_id: UUID
    cause: str
    code: str
    template_key: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ImprovementProposed(Fact):
    """A cause came again, or a score sank: an improvement was proposed. why: what speaks for it."""

    improvement_id: UUID
    number: str
    title: str
    why: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class ImprovementAssigned(Fact):
    """An improvement has an owner and a date. cycle: which measure of it."""

    improvement_id: UUID
    number: str
    title: str
    department_name: str
    owner_id: UUID
    due_on: date
    cycle: int
    at: datetime


@dataclass(frozen=True)
class ImprovementDue(Fact):
    """An improvement is due soon, or overdue."""

    improvement_id: UUID
    number: str
    title: str
    owner_id: UUID
    due_on: date
    is_overdue: bool
    at: datetime


@dataclass(frozen=True)
class ImprovementJudged(Fact):
    """A measure was judged: effective, not_effective or too_few. level: where it stands now."""

    improvement_id: UUID
    number: str
    title: str
    verdict: str
    level: int
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class PlatformEventReceived(Fact):
    """The platform pushed an event; its text is in `platform_event`."""

    platform_event_id: UUID


@dataclass(frozen=True)
class SignalRaised(Fact):
    """A unit got worse in one dimension of satisfaction than it usually is. staff_ids: who is told at once."""

    signal_id: UUID
    department_id: UUID
    department_name: str
    dimension: str
    value: float
    staff_ids: tuple[UUID, ...]
    at: datetime
    dimension_name: str = ""


@dataclass(frozen=True)
class AnonymousHarmFound(Fact):
    """Among anonymous answers that were just mixed, somebody wrote words of harm. It says neither who nor which.

    notice_id: by chance, and of nothing else. department_name: empty where the answers are of several departments.
    staff_ids: who may read comments that nobody else reads yet.
    """

    notice_id: UUID
    department_name: str
    staff_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class SignalSettled(Fact):
    """Somebody has taken a signal, or closed it."""

    signal_id: UUID


@dataclass(frozen=True)
class SignalsGathered(Fact):
    """The signals of a week of which somebody was not told at once, because they were too many for a day."""

    staff_id: UUID
    week: date
    names: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class UnsealingAsked(Fact):
    """Somebody asks to see the sealed identity of a complaint; another one has to decide."""

    unsealing_id: UUID
    complaint_id: UUID
    number: str
    asked_name: str
    staff_ids: tuple[UUID, ...]  # who may decide and is on duty
    expires_at: datetime
    barred_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class UnsealingDecided(Fact):
    """Another one has decided on a request to see a sealed identity."""

    unsealing_id: UUID
    complaint_id: UUID
    number: str
    is_approved: bool
    asked_by: UUID
    decided_name: str
    at: datetime
    barred_ids: tuple[UUID, ...] = ()


def vocabulary() -> dict[str, type[Fact]]:
    """Give every kind of fact by its name."""
    return {kind.__name__: kind for kind in Fact.__subclasses__()}


@cache
def _adapter(name: str) -> TypeAdapter:
    return TypeAdapter(vocabulary()[name])


def as_payload(fact: Fact) -> dict[str, Any]:
    """Give the fields of a fact, ready for JSON."""
    return _adapter(type(fact).__name__).dump_python(fact, mode="json")


def from_payload(name: str, payload: dict[str, Any]) -> Fact:
    """Read a fact back; fields that this version does not know are left out.

    Raises: KeyError for an unknown name, pydantic.ValidationError for a payload that lacks a field.
    """
    kind = vocabulary()[name]
    known = {field.name for field in fields(kind)}
    return _adapter(name).validate_python({key: value for key, value in payload.items() if key in known})
