"""What goes on for one patient: the plans with their steps, and what stops them; that it was read is written down."""

from typing import Any
from uuid import UUID

from notifications.followups import models
from server import db, privacy
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.ids import new_id
from server.web import View, moment

_PATIENT = """
SELECT id, name, phone_tail, file_number, extract(year FROM birth_date)::int AS birth_year
FROM patient WHERE id = $1 AND deleted_at IS NULL
"""
_READ = """
INSERT INTO access_record (id, staff_id, patient_id, what, why, at) VALUES ($1, $2, $3, 'follow_ups', '', app_now())
"""
# the running ones first, then the latest
_ENROLMENTS = """
SELECT e.id, e.anchor, e.anchor_on, e.state, e.reason, e.began_at, e.ended_at, v.body AS plan,
       coalesce(d.name, '') AS department
FROM enrolment e JOIN care_plan_version v ON v.id = e.version_id LEFT JOIN department d ON d.id = e.department_id
WHERE e.patient_id = $1 ORDER BY (e.state <> 'active')::int, e.id DESC LIMIT 50
"""
_STEPS = """
SELECT s.enrolment_id, s.body, s.way, s.due_at, s.state, s.reason, s.told_at,
       EXISTS (SELECT FROM followup_response r WHERE r.plan_step_id = s.id) AS is_answered
FROM plan_step s JOIN enrolment e ON e.id = s.enrolment_id AND e.cycle = s.cycle
WHERE s.enrolment_id = ANY($1::uuid[]) ORDER BY s.due_at, s.id
"""
_STOPS = """
SELECT t.id, t.kind, t.why, t.created_at, coalesce(m.name, '') AS made_by, t.lifted_at, t.lifted_why,
       coalesce(l.name, '') AS lifted_by
FROM patient_stop t LEFT JOIN staff m ON m.id = t.made_by LEFT JOIN staff l ON l.id = t.lifted_by
WHERE t.patient_id = $1 ORDER BY (t.lifted_at IS NOT NULL)::int, t.id DESC LIMIT 50
"""


class RunningStepView(View):
    """A step of a patient's plan. state: planned, sent, called, merged or skipped; reason: why it was put off or left
    out."""

    name: str
    way: str
    due_at: str
    state: str
    reason: str
    told_at: str | None
    is_answered: bool


class RunningPlanView(View):
    """A plan that a patient follows or followed. state: active, finished or stopped."""

    id: str
    plan: str
    anchor: str
    anchor_on: str
    department: str
    state: str
    reason: str
    began_at: str
    ended_at: str | None
    steps: list[RunningStepView]


class PatientStopView(View):
    """What stops the plans of a patient. kind: deceased, refused or no_calls; lifted_at: when it was taken back."""

    id: str
    kind: str
    why: str
    made_by: str
    made_at: str
    lifted_by: str
    lifted_at: str | None
    lifted_why: str


class PatientFollowUpsView(View):
    """A patient, masked, with plans and stops."""

    id: str
    name: str
    phone_masked: str
    file_number: str
    birth_year: int | None
    plans: list[RunningPlanView]
    stops: list[PatientStopView]


async def follow_ups_of(staff: SignedInStaff, patient_id: UUID) -> dict[str, Any]:
    """Give the plans of a patient with their steps, and the stops, those that were taken back too.

    Raises: NotFound.
    """
    patient = await db.fetch_one(_PATIENT, patient_id)
    if patient is None:
        raise NotFound()
    await db.fetch(_READ, new_id(), staff.id, patient_id)
    enrolments = await db.fetch(_ENROLMENTS, patient_id)
    steps = await db.fetch(_STEPS, [row["id"] for row in enrolments])
    return {
        "id": str(patient["id"]),
        "name": privacy.mask_name(patient["name"]),
        "phone_masked": privacy.mask_phone(patient["phone_tail"] or ""),
        "file_number": patient["file_number"],
        "birth_year": patient["birth_year"],
        "plans": [_plan(row, [one for one in steps if one["enrolment_id"] == row["id"]]) for row in enrolments],
        "stops": [_stop(row) for row in await db.fetch(_STOPS, patient_id)],
    }


def _plan(row: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "plan": models.plan_of(row["plan"]).name,
        **{name: row[name] for name in ("anchor", "department", "state", "reason")},
        "anchor_on": row["anchor_on"].isoformat(),
        "began_at": moment(row["began_at"]),
        "ended_at": moment(row["ended_at"]),
        "steps": [_step(one) for one in steps],
    }


def _step(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": models.step_of(row["body"]).name,
        **{name: row[name] for name in ("way", "state", "reason", "is_answered")},
        "due_at": moment(row["due_at"]),
        "told_at": moment(row["told_at"]),
    }


def _stop(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in ("kind", "why", "made_by", "lifted_by", "lifted_why")},
        "made_at": moment(row["created_at"]),
        "lifted_at": moment(row["lifted_at"]),
    }
