"""How a complaint is shown: to the patient in plain words, to staff with its clocks. What is internal has no field here
for the patient, so that it cannot slip through.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import RootModel

from satisfaction.attachments.models import Attachment, of_lines
from satisfaction.complaints import models, rules, timeline
from satisfaction.complaints.models import ComplaintEntry
from satisfaction.complaints.reopening import reopened_until
from satisfaction.sealing.rules import SEALED, covered
from server import clock, history, privacy
from server.web import View, moment

Files = Mapping[UUID, Sequence[Attachment]]
NO_FILES: Files = {}
AUTHORS = {
    "patient": {"zh-CN": "您", "zh-TW": "您", "en": "You"},
    "staff": {"zh-CN": "工作人员", "zh-TW": "工作人員", "en": "Staff"},
    "system": {"zh-CN": "系统", "zh-TW": "系統", "en": "System"},
}


class AttachmentView(View):
    """A picture or a recording. state: received, checking, shown, to_be_read, hidden; seconds: of a recording."""

    id: UUID
    kind: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    seconds: float | None
    state: str


class PatientEntryView(View):
    """A line of the time line, for the patient."""

    id: UUID
    kind: str
    author: str
    author_name: str
    text: str
    at: str
    attachments: list[AttachmentView]


class PatientComplaintView(View):
    """A complaint, for the patient: what happens next and until when."""

    id: UUID
    number: str
    state: str
    state_text: str
    topic: str
    patient_name: str
    department_name: str
    handler_name: str
    received_at: str
    response_due_at: str | None
    answer_due_at: str | None
    closed_at: str | None
    may_confirm: bool
    may_write: bool
    reopen_until: str | None
    merged_into_number: str | None
    version: int
    entries: list[PatientEntryView] | None = None


class ClockView(View):
    """A clock of the present round. seconds_left: below zero when it is overdue, null when it does not run."""

    clock: str
    due_at: str
    stopped_at: str | None
    seconds_left: int | None
    is_breached: bool


class BreachView(View):
    """A missed clock of any round."""

    clock: str
    cycle: int
    breached_at: str


class EntryView(View):
    """A line of the time line, for staff."""

    id: UUID
    kind: str
    author_kind: str
    author_id: UUID | None
    author_name: str
    visible_to_patient: bool
    text: str
    at: str
    attachments: list[AttachmentView]


class MoveView(View):
    """A change of state."""

    from_state: str | None
    to_state: str
    by_kind: str
    at: str


class StaffComplaintView(View):
    """A complaint in a list for staff; the patient's name is masked."""

    id: UUID
    number: str
    source: str
    state: str
    state_text: str
    severity: str
    level: int
    cycle: int
    topic: str
    patient_name: str
    department_id: UUID | None
    department_name: str
    practitioner_name: str
    handler_id: UUID | None
    handler_name: str
    wants_contact: bool
    is_sealed: bool
    received_at: str
    closed_at: str | None
    clocks: list[ClockView]
    version: int


class SiblingView(View):
    """Another complaint of the same person."""

    id: UUID
    number: str
    state: str
    state_text: str
    topic: str
    received_at: str
    closed_at: str | None


class StaffComplaintDetail(StaffComplaintView):
    """A complaint with everything that is known of it; the name is whole, the phone number is not.

    acts: what the caller may do with it now: acknowledge, reply, ask, note, answer, assign, escalate, closed_no_reply,
    closed_disagreed, withdrawn, reopen, merge, see_phone.
    """

    account_id: UUID | None
    patient_id: UUID | None
    encounter_id: UUID | None
    practitioner_id: UUID | None
    phone_masked: str
    merged_into_id: UUID | None
    merged_into_number: str | None
    breaches: list[BreachView]
    entries: list[EntryView]
    history: list[MoveView]
    siblings: list[SiblingView]
    acts: list[str]


class CandidateView(View):
    """Somebody who may handle or follow a complaint. load: open ones, weighed: A 3, B 2, C 1. away_until: not there.

    instead_name: who stands in for them while they are away.
    """

    id: UUID
    name: str
    roles: list[str]
    is_on_duty: bool
    open_complaints: int
    load: int
    away_until: str | None
    instead_name: str


class CandidateBarred(View):
    """Somebody who must keep away. kind: concerned, before, hierarchy, related, or other where no more may be said."""

    id: UUID
    name: str
    kind: str


class CandidateList(View):
    """Who may handle a complaint: those on duty first, then those with the fewest. barred: who must keep away."""

    items: list[CandidateView]
    barred: list[CandidateBarred]


class ComplaintPage(View):
    """A page of complaints: the patient's own, or for staff those they may see."""

    items: list[PatientComplaintView | StaffComplaintView]
    next: str | None


class ComplaintView(RootModel[PatientComplaintView | StaffComplaintDetail]):
    """A complaint as the caller may see it."""


class PhoneView(View):
    """A whole phone number."""

    phone: str


def for_patient(
    row: dict[str, Any],
    language: str,
    entries: list[ComplaintEntry] | None = None,
    files: Files = NO_FILES,
) -> PatientComplaintView:
    """Show a complaint to its patient, with the time line when it is given. files: by their line of it."""
    state = row["state"]
    return PatientComplaintView(
        id=row["id"],
        number=row["number"],
        state=state,
        state_text=rules.PLAIN_WORDS[state][language],
        topic=row["topic"],
        patient_name=row["patient_name"],
        department_name=row["department_name"] or "",
        handler_name=row["handler_name"] or "",
        received_at=_moment(row["received_at"]),
        response_due_at=_due(row, "response_due_at", "responded_at"),
        answer_due_at=_due(row, "answer_due_at", "answered_at"),
        closed_at=moment(row["closed_at"]),
        may_confirm=state == rules.ComplaintState.ANSWERED,
        may_write=row["closed_at"] is None,
        reopen_until=_still(reopened_until(state, row["closed_at"])),
        merged_into_number=row["merged_into_number"],
        version=row["version"],
        entries=None if entries is None else [_patient_entry(entry, language, files) for entry in entries],
    )


def _still(until: datetime | None) -> str | None:
    return moment(until) if until is not None and until >= clock.now() else None


def show_attachment(one: Attachment) -> AttachmentView:
    """Show what is known of a file; its bytes are fetched by its id."""
    same = ("id", "kind", "media_type", "bytes", "width", "height")
    return AttachmentView(**{name: getattr(one, name) for name in same}, seconds=one.length, state=str(one.state))


def _due(row: dict[str, Any], due: str, stopped: str) -> str | None:
    return None if row[stopped] or row["closed_at"] else moment(row[due])


def _moment(value: Any) -> str:
    return moment(value) or ""


def _patient_entry(entry: ComplaintEntry, language: str, files: Files) -> PatientEntryView:
    return PatientEntryView(
        id=entry.id,
        kind=entry.kind,
        author=entry.author_kind,
        author_name=(entry.author_kind == "staff" and entry.author_name) or AUTHORS[entry.author_kind][language],
        text=entry.text,
        at=_moment(entry.at),
        attachments=[show_attachment(one) for one in files.get(entry.id, [])],
    )


def without_identity(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row as staff may see it: of a sealed complaint nothing tells whom it is from."""
    if not row["is_sealed"]:
        return row
    return {**row, **dict.fromkeys(("account_id", "patient_id", "encounter_id", "phone_tail")), "patient_name": SEALED}


def for_staff(row: dict[str, Any]) -> StaffComplaintView:
    """Show a complaint in a list for staff."""
    name = SEALED if row["is_sealed"] else privacy.mask_name(row["patient_name"]) if row["patient_name"] else ""
    return StaffComplaintView(**_shared(row), patient_name=name)


async def in_full(
    row: dict[str, Any], *, siblings: Sequence[dict[str, Any]], acts: Sequence[str]
) -> StaffComplaintDetail:
    """Show a complaint with its time line and history.

    siblings: other complaints of the same person that the reader may see. acts: what the reader may do.
    """
    words = None
    if row["is_sealed"]:
        words = await models.identifying(row["account_id"], row["patient_id"], row["patient_name"])
    row = without_identity(row)
    entries = await timeline.lines(row["id"], for_patient=False)
    files = await of_lines(row["id"])
    moves = await history.history_of(row["id"])
    return StaffComplaintDetail(
        **_shared(row),
        patient_name=row["patient_name"],
        account_id=row["account_id"],
        patient_id=row["patient_id"],
        encounter_id=row["encounter_id"],
        practitioner_id=row["practitioner_id"],
        phone_masked=privacy.mask_phone(row["phone_tail"] or ""),
        merged_into_id=row["merged_into_id"],
        merged_into_number=row["merged_into_number"],
        breaches=[BreachView(clock=name, cycle=cycle, breached_at=_moment(at)) for name, cycle, at in row["breaches"]],
        entries=[_entry(entry, files, words) for entry in entries],
        history=[
            MoveView(from_state=it["from_state"], to_state=it["to_state"], by_kind=it["by_kind"], at=_moment(it["at"]))
            for it in moves
        ],
        siblings=[_sibling(sibling) for sibling in siblings],
        acts=list(acts),
    )


def _sibling(row: dict[str, Any]) -> SiblingView:
    return SiblingView(
        **{name: row[name] for name in ("id", "number", "state", "topic")},
        state_text=rules.PLAIN_WORDS[row["state"]]["zh-CN"],
        received_at=_moment(row["received_at"]),
        closed_at=moment(row["closed_at"]),
    )


def _entry(entry: ComplaintEntry, files: Files, words: Sequence[str] | None) -> EntryView:
    """Show a line. words: of a sealed complaint, those that would say whom it is from."""
    is_hidden = words is not None and entry.author_kind == "patient"
    return EntryView(
        id=entry.id,
        kind=entry.kind,
        author_kind=entry.author_kind,
        author_id=None if is_hidden else entry.author_id,
        author_name="" if is_hidden else entry.author_name,
        visible_to_patient=entry.visible_to_patient,
        text=entry.text if words is None else covered(entry.text, words),
        at=_moment(entry.at),
        attachments=[show_attachment(one) for one in files.get(entry.id, [])],
    )


def _shared(row: dict[str, Any]) -> dict[str, Any]:
    same = ("id", "number", "source", "state", "severity", "level", "cycle", "topic", "department_id", "handler_id")
    return {
        **{name: row[name] for name in same},
        "state_text": rules.PLAIN_WORDS[row["state"]]["zh-CN"],
        "department_name": row["department_name"] or "",
        "practitioner_name": row["practitioner_name"] or "",
        "handler_name": row["handler_name"] or "",
        "wants_contact": row["wants_contact"],
        "is_sealed": row["is_sealed"],
        "received_at": _moment(row["received_at"]),
        "closed_at": moment(row["closed_at"]),
        "clocks": _clocks(row),
        "version": row["version"],
    }


def _clocks(row: dict[str, Any]) -> list[ClockView]:
    until = row["closed_at"] or clock.now()  # an end stops every clock
    written = {(name, cycle) for name, cycle, _ in row["breaches"]}
    return [
        ClockView(
            clock=str(hand.clock),
            due_at=_moment(hand.due_at),
            stopped_at=moment(hand.stopped_at),
            seconds_left=None if hand.stopped_at or row["closed_at"] else int((hand.due_at - until).total_seconds()),
            is_breached=(str(hand.clock), row["cycle"]) in written or hand.is_missed(until),
        )
        for hand in models.hands_of(row)
    ]
