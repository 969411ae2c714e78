"""What follow-ups and plans look like from outside."""

from typing import Any

import orjson

from notifications.followups import models
from notifications.followups.kinds import FollowUpQuestion, PlanBody
from notifications.followups.plans import Preview
from notifications.followups.telling import told
from server import clock, privacy
from server.web import View, moment


class FollowUpView(View):
    """What a patient was told by a step of a plan.

    is_open: there is a form to fill. questions: of the form; empty when there is none. booking_page: a page of the
    mini-app on which the visit that it asks for is booked in one tap; empty when it asks for none.
    """

    id: str
    plan: str
    name: str
    text: str
    patient_id: str
    patient: str
    department: str
    doctor: str
    told_at: str
    open_until: str
    answered_at: str | None
    is_open: bool
    is_stopped: bool
    is_alarming: bool
    questions: list[FollowUpQuestion]
    booking_page: str


class FollowUpPage(View):
    """Follow-ups, the latest first."""

    items: list[FollowUpView]
    next: str | None


class AnsweredView(View):
    """What follows answers. advice: what to do at once, when an answer is alarming. phone: of the emergency desk."""

    is_alarming: bool
    advice: list[str]
    emergency_phone: str


class SaidView(View):
    """One answer of a patient, in words."""

    question: str
    answer: str
    is_alarming: bool


class SaidList(View):
    """What a patient answered."""

    items: list[SaidView]


class PlanVersionView(View):
    """One version of a plan. status: draft, approved or retired."""

    id: str
    number: int
    status: str
    body: PlanBody
    made_by: str
    made_at: str
    approved_by: str
    approved_at: str | None
    version: int


class CarePlanView(View):
    """A plan. active: patients who follow it. replans: questions that wait for a supervisor."""

    id: str
    code: str
    name: str
    is_shipped: bool
    active: int
    replans: int
    approved: PlanVersionView | None
    draft: PlanVersionView | None
    older: list[PlanVersionView]


class CarePlanList(View):
    """Every plan."""

    items: list[CarePlanView]


class CarePlanChoice(View):
    """A plan that a room can choose at the end of a visit."""

    id: str
    name: str


class CarePlanChoices(View):
    """The plans that a room can choose."""

    items: list[CarePlanChoice]


class PlanPreviewStepView(View):
    """A step as one patient would get it."""

    step: str
    name: str
    way: str
    purpose: str
    earliest_on: str
    due_at: str
    latest_on: str
    is_worked: bool
    text: str
    questions: int


class PlanPreviewView(View):
    """What a patient would get, in the order of time."""

    name: str
    anchor_on: str
    steps: list[PlanPreviewStepView]


class ReplanChangeView(View):
    """What a new version does to one step. what: added, moved, changed or removed."""

    step: str
    name: str
    what: str
    old_at: str | None
    new_at: str | None


class ReplanView(View):
    """What a new version changes for one patient."""

    id: str
    patient: str
    file_number: str
    anchor_on: str
    changes: list[ReplanChangeView]


class ReplanPage(View):
    """Questions that wait for a supervisor."""

    items: list[ReplanView]
    next: str | None


class DecidedView(View):
    """How many were decided."""

    count: int


class BegunView(View):
    """How many plans began; 0 when they had begun before."""

    count: int


def follow_up(row: dict[str, Any]) -> dict[str, Any]:
    """Show a follow-up to the account that it is for."""
    step, seen = models.step_of(row["body"]), told(row)
    is_answered = row["answered_at"] is not None
    return {
        "id": str(row["id"]),
        "plan": models.plan_of(row["plan"]).name,
        "name": step.name,
        "text": step.text,
        "patient_id": str(row["patient_id"]),
        "patient": seen.patient_name,
        "department": seen.department_name,
        "doctor": seen.practitioner_name,
        "told_at": moment(row["told_at"]),
        "open_until": moment(row["latest_at"]),
        "answered_at": moment(row["answered_at"]),
        "is_open": bool(step.questions) and not is_answered and not row["is_stopped"],
        "is_stopped": row["is_stopped"],
        "is_alarming": is_answered and orjson.loads(row["red_flags"]) != [],
        "questions": [question.model_dump(mode="json") for question in step.questions],
        "booking_page": seen.booking_page if step.is_booking and not row["is_stopped"] else "",
    }


def care_plan(row: dict[str, Any]) -> dict[str, Any]:
    """Show a plan with its versions."""
    versions = [_version(one) for one in row["versions"]]
    by_status = {one["status"]: one for one in versions if one["status"] != "retired"}
    newest = by_status.get("approved") or by_status.get("draft") or versions[0]
    return {
        "id": str(row["id"]),
        "code": row["code"],
        "name": newest["body"]["name"],
        "is_shipped": row["is_shipped"],
        "active": row["active"],
        "replans": row["replans"],
        "approved": by_status.get("approved"),
        "draft": by_status.get("draft"),
        "older": [one for one in versions if one["status"] == "retired"],
    }


def _version(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in ("number", "status", "version")},
        "body": models.plan_of(row["body"]).as_json(),
        "made_by": row["made_by"] or "",
        "made_at": moment(row["made_at"]),
        "approved_by": row["approved_by"] or "",
        "approved_at": moment(row["approved_at"]),
    }


def preview(name: str, anchor_on: str, steps: list[Preview]) -> dict[str, Any]:
    """Show what a patient would get."""
    return {"name": name, "anchor_on": anchor_on, "steps": [_previewed(one) for one in steps]}


def _previewed(one: Preview) -> dict[str, Any]:
    step = one.planned.step
    return {
        "step": step.code,
        **{name: getattr(step, name) for name in ("name", "way", "purpose", "text")},
        "earliest_on": clock.local(one.planned.earliest_at).date().isoformat(),
        "due_at": moment(one.planned.due_at),
        "latest_on": clock.local(one.planned.latest_at).date().isoformat(),
        "is_worked": one.is_worked,
        "questions": len(step.questions),
    }


def replan(row: dict[str, Any]) -> dict[str, Any]:
    """Show what a new version changes for one patient."""
    return {
        "id": str(row["id"]),
        "patient": privacy.mask_name(row["patient_name"] or ""),
        "file_number": row["file_number"] or "",
        "anchor_on": row["anchor_on"].isoformat(),
        "changes": [
            {
                **{name: change[name] for name in ("step", "name", "what")},
                "old_at": change["from"],
                "new_at": change["to"],
            }
            for change in orjson.loads(row["changes"])
        ],
    }
