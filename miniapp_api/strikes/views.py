"""How strikes are shown: to the patient with all the evidence and when it ends, to staff with masked names."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.strikes.models import WORDS
from miniapp_api.strikes.rules import Standing, StrikeRules, StrikeState
from server import privacy
from server.privacy import mask_name, mask_phone
from server.web import View, moment


class VisitRef(View):
    """Which visit."""

    appointment_id: str
    department: str
    practitioner: str
    number: int
    starts_at: str
    ends_at: str


class EvidenceView(View):
    """What the record rests on. scans, accepted_scans: of this visit's code. hours_before: of a late cancellation."""

    booked_at: str
    booked_channel: str
    check_in_opens_at: str
    check_in_closes_at: str
    scans: int
    accepted_scans: int
    reminders: int
    marked_at: str
    given_back_at: str | None
    hours_before: float | None


class AppealView(View):
    """What was said against a record, and what came of it."""

    id: str
    state: str
    words: str
    made_at: str
    due_at: str
    decided_at: str | None
    reason: str
    version: int


class StrikeView(View):
    """A record. counts: it lies in the window and is not forgiven; counts_until: when it leaves the window."""

    id: str
    patient_id: str
    patient_name: str
    kind: str
    state: str
    at: str
    counts: bool
    counts_until: str
    excuse: str | None
    reason: str
    visit: VisitRef
    evidence: EvidenceView
    appeal: AppealView | None
    can_appeal: bool
    version: int


class StandingView(View):
    """Where a person stands. count: after late cancellations were folded and what was earned was taken off."""

    no_shows: int
    late_cancels: int
    early_cancels: int
    credits: int
    count: int
    limit: int
    suspended_until: str | None
    because: list[str]


class PatientStandingView(StandingView):
    """Where one of my people stands. hidden: records that somebody else's account brought about."""

    patient_id: str
    patient_name: str
    hidden: int


class RulesView(View):
    """What holds here, in numbers; 0 switches a rule off."""

    strike_limit: int
    strike_window_days: int
    suspension_days: int
    late_cancel_hours: int
    late_cancels_per_strike: int
    early_cancel_days: int
    early_cancels_per_credit: int


class StrikePage(View):
    """My records, newest first, with where each of my people stands and the rules."""

    items: list[StrikeView]
    next: str | None
    standings: list[PatientStandingView]
    rules: RulesView


class StaffStrikeView(StrikeView):
    """A record as staff see it: names and numbers are masked."""

    person_id: str
    file_number: str
    phone_masked: str
    decided_by_name: str | None


class AppealPage(View):
    """Appeals with their records, oldest first."""

    items: list[StaffStrikeView]
    next: str | None


class PersonLineView(View):
    """A person against whom something counts or counted."""

    id: str
    patient_name: str
    file_number: str
    phone_masked: str
    strikes: int
    last_at: str | None
    suspended_until: str | None


class PersonPage(View):
    """People, in no order of merit."""

    items: list[PersonLineView]
    next: str | None


class PersonDetail(View):
    """A person with where they stand, why, and every record that the caller may see."""

    id: str
    patient_name: str
    file_number: str
    phone_masked: str
    standing: StandingView
    strikes: list[StaffStrikeView]
    version: int


class OutageView(View):
    """A time in which nobody could check in. forgiven: records that it excused."""

    id: str
    department_id: str | None
    department_name: str | None
    what: str
    starts_at: str
    ends_at: str | None
    reason: str
    made_by_name: str
    forgiven: int
    version: int


class OutagePage(View):
    """Outages, newest first."""

    items: list[OutageView]
    next: str | None


def show_strike(row: dict[str, Any], rules: StrikeRules, now: datetime) -> dict[str, Any]:
    """Show a record to whose it is."""
    in_window = row["at"] > now - rules.window
    appeal = show_appeal(row) if row["appeal_id"] else None
    return {
        "id": str(row["id"]),
        "patient_id": str(row["patient_id"]),
        "patient_name": row["patient_name"],
        "kind": row["kind"],
        "state": row["state"],
        "at": moment(row["at"]),
        "counts": in_window and row["state"] != StrikeState.FORGIVEN,
        "counts_until": moment(row["at"] + rules.window),
        "excuse": row["excuse"],
        "reason": row["reason"],
        "visit": {
            "appointment_id": str(row["appointment_id"]),
            "department": row["department_name"],
            "practitioner": row["practitioner_name"],
            "number": row["number"],
            "starts_at": moment(row["starts_at"]),
            "ends_at": moment(row["ends_at"]),
        },
        "evidence": _evidence(row),
        "appeal": appeal,
        "can_appeal": in_window and appeal is None and row["state"] == StrikeState.COUNTED,
        "version": row["version"],
    }


def _evidence(row: dict[str, Any]) -> dict[str, Any]:
    is_late = row["kind"] == "late_cancel"
    return {
        "booked_at": moment(row["booked_at"]),
        "booked_channel": row["booked_channel"],
        "check_in_opens_at": moment(row["check_in_opens_at"]),
        "check_in_closes_at": moment(row["check_in_closes_at"]),
        "scans": row["scans"],
        "accepted_scans": row["accepted"],
        "reminders": row["reminders"],
        "marked_at": moment(row["created_at"]),
        "given_back_at": moment(row["at"]) if is_late else None,
        "hours_before": round((row["starts_at"] - row["at"]) / timedelta(hours=1), 1) if is_late else None,
    }


def show_appeal(row: dict[str, Any]) -> dict[str, Any]:
    """Show an appeal with the words that were sealed."""
    sealed = row["appeal_words"]
    return {
        "id": str(row["appeal_id"]),
        "state": row["appeal_state"],
        "words": privacy.unseal(sealed, place=WORDS, row_id=row["appeal_id"]) if sealed else "",
        "made_at": moment(row["appealed_at"]),
        "due_at": moment(row["appeal_due_at"]),
        "decided_at": moment(row["appeal_decided_at"]),
        "reason": row["appeal_reason"],
        "version": row["appeal_version"],
    }


def show_to_staff(row: dict[str, Any], rules: StrikeRules, now: datetime) -> dict[str, Any]:
    """Show a record to staff."""
    return {
        **show_strike(row, rules, now),
        **_masked(row),
        "person_id": str(row["person_id"]),
        "decided_by_name": row["decided_by_name"],
    }


def _masked(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "patient_name": mask_name(row["patient_name"]),
        "file_number": row["file_number"],
        "phone_masked": mask_phone(row["phone_tail"]),
    }


def show_standing(found: Standing, rules: StrikeRules, until: datetime | None) -> dict[str, Any]:
    """Show where somebody stands. until: the suspension that booking asks for."""
    sums = found.tally
    return {
        "no_shows": sums.no_shows,
        "late_cancels": sums.late_cancels,
        "early_cancels": sums.early_cancels,
        "credits": sums.credits,
        "count": sums.count,
        "limit": rules.strike_limit,
        "suspended_until": moment(until),
        "because": [str(one) for one in found.suspension.because] if found.suspension and until else [],
    }


def show_person(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Show a person in a list."""
    until = row["suspended_until"]
    return {
        "id": str(row["id"]),
        **_masked(row),
        "strikes": row["strikes"],
        "last_at": moment(row["last_at"]),
        "suspended_until": moment(until) if until and until > now else None,
    }


def show_outage(row: dict[str, Any]) -> dict[str, Any]:
    """Show an outage."""
    return {
        **{name: row[name] for name in ("department_name", "what", "reason", "made_by_name", "forgiven", "version")},
        "id": str(row["id"]),
        "department_id": str(row["department_id"]) if isinstance(row["department_id"], UUID) else None,
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
    }
