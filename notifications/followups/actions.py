"""What a patient does with a follow-up: reads it, answers it, asks to stop; and what staff write down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from notifications import hub
from notifications.calls.tasks import NewCall, place
from notifications.followups import enrolling, models, stopping
from notifications.followups.errors import AnsweredAlready, FollowUpOver, PlanNotRunning
from notifications.followups.kinds import AnchorKind
from notifications.followups.rules import Anchored, red_flags, wrong_answer
from notifications.followups.telling import told
from notifications.notices.following import alarming
from server import clock, db, kill_points, privacy
from server.accounts import SignedInPatient, SignedInStaff
from server.errors import NotFound, wrong_field
from server.events import publish
from server.facts import FollowUpAlarming
from server.ids import new_id
from server.jobs import ring

ANSWERS = "followup_response.answers_cipher"
ALARM_LASTS = timedelta(days=2)
GENERAL_ADVICE = "请尽快看医生。如果突然加重，请马上拨打 120 或到最近的急诊。"


async def mine(account_id: UUID, *, only_open: bool, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List up to `limit + 1` follow-ups that an account was told, the latest first. only_open: with a form to fill."""
    return await db.fetch(models.MINE, account_id, None, only_open, after, limit + 1)


async def one_of(account_id: UUID, step_id: UUID) -> dict[str, Any]:
    """Give one follow-up of an account.

    Raises: NotFound.
    """
    row = await db.fetch_one(models.MINE, account_id, step_id, False, None, 1)
    if row is None:
        raise NotFound()
    return row


async def respond(account: SignedInPatient, step_id: UUID, answers: Mapping[str, Any]) -> list[str]:
    """Keep the answers to a form; alarming ones call the department and put a call on the list, at once.

    Returns: what the patient is told to do; empty when nothing is alarming.
    Raises: NotFound, AnsweredAlready, FollowUpOver, Malformed.
    """
    row = await one_of(account.id, step_id)
    step = models.step_of(row["body"])
    if row["answered_at"] is not None:
        raise AnsweredAlready()
    if row["is_stopped"] or not step.questions:
        raise FollowUpOver()
    if wrong := wrong_answer(step, answers):
        code, what = wrong
        raise wrong_field(f"/answers/{code}", what, "the answer does not fit the question")
    flags = red_flags(step, answers)
    async with db.transaction():
        response_id = new_id()
        sealed = privacy.seal(orjson.dumps(dict(answers)).decode(), place=ANSWERS, row_id=response_id)
        codes = orjson.dumps([code for code, _ in flags]).decode()
        kept = await db.fetch(models.RESPOND, response_id, step_id, row["patient_id"], row["account_id"], sealed, codes)
        if not kept:
            raise AnsweredAlready()
        if flags:
            advice = list(dict.fromkeys(text or GENERAL_ADVICE for _, text in flags))
            await _raise_alarm(row, response_id, advice, account.language)
            return advice
    return []


async def _raise_alarm(row: dict[str, Any], response_id: UUID, advice: list[str], language: str) -> None:
    now = clock.now()
    plan = models.plan_of(row["plan"])
    step = models.step_of(row["body"])
    call_id = await place(
        NewCall(
            source=f"red_flag:{response_id}",
            kind="red_flag",
            patient_id=row["patient_id"],
            department_id=row["department_id"],
            plan_step_id=row["id"],
            title=f"{plan.name} · {step.name}",
            reason="患者在随访表里的回答需要马上处理，请立即电话联系并告知科室。",
            due_at=now,
            window_ends_at=now + ALARM_LASTS,
        )
    )
    seen = told(row)
    await hub.post(alarming(seen, advice, language, now + ALARM_LASTS), await _to(row["account_id"]))
    staff = await db.fetch(models.CALLED, row["department_id"])
    await publish(
        FollowUpAlarming(
            response_id=response_id,
            plan_step_id=row["id"],
            call_task_id=call_id or response_id,
            department_name=seen.department_name,
            plan_name=plan.name,
            staff_ids=tuple(one["staff_id"] for one in staff),
            at=now,
        )
    )
    kill_points.reach("alarm_raised")


async def _to(account_id: UUID) -> hub.To:
    to = await hub.account(account_id)
    assert to is not None  # it is signed in
    return to


async def refuse(account: SignedInPatient, step_id: UUID) -> None:
    """Stop the plan to which a follow-up belongs, because the patient asks for it.

    Raises: NotFound.
    """
    row = await one_of(account.id, step_id)
    async with db.transaction():
        await stopping.stop([row["enrolment_id"]], "refused")


@dataclass(frozen=True, kw_only=True)
class NewAnchor:
    """Something that staff write down from which plans count: an operation, a discharge, an inquiry …"""

    patient_id: UUID
    kind: AnchorKind
    on: date
    department_id: UUID | None = None
    diagnosis_group: str = ""
    plan_id: UUID | None = None


_PATIENT = "SELECT id, account_id, name, birth_date FROM patient WHERE id = $1 AND deleted_at IS NULL"
_DEPARTMENT = "SELECT id, code, name FROM department WHERE id = $1"


async def record_anchor(staff: SignedInStaff, anchor: NewAnchor) -> list[UUID]:
    """Put a patient on the plans that count from what staff write down; the same again changes nothing.

    Returns: the enrolments that began. Raises: NotFound, PlanNotRunning when no plan begins and none had begun.
    """
    patient = await db.fetch_one(_PATIENT, anchor.patient_id)
    department = await db.fetch_one(_DEPARTMENT, anchor.department_id) if anchor.department_id else None
    if patient is None or (anchor.department_id and department is None):
        raise NotFound()
    subject_id = uuid5(NAMESPACE_URL, f"anchor:{anchor.patient_id}:{anchor.kind}:{anchor.on}")
    async with db.transaction():
        begun = await enrolling.begin(
            enrolling.Case(
                patient_id=anchor.patient_id,
                account_id=patient["account_id"],
                subject_id=subject_id,
                department_id=anchor.department_id,
                began_at=clock.now(),
                plan_id=anchor.plan_id,
                anchored=Anchored(
                    days={anchor.kind: anchor.on},
                    department_code=department["code"] if department else "",
                    diagnosis_group=anchor.diagnosis_group,
                    age=_age(patient["birth_date"], anchor.on),
                ),
                data={
                    "patient_name": patient["name"],
                    "department_name": department["name"] if department else "",
                },
            )
        )
        known = await db.fetch("SELECT id FROM enrolment WHERE subject_id = $1", subject_id)
        if not known:
            raise PlanNotRunning()
    ring("followups")
    return begun


async def record_stop(staff: SignedInStaff, patient_id: UUID, kind: str, why: str) -> None:
    """Write down what ends plans: the patient has died, refuses, asks not to be called, was admitted again, is treated
    elsewhere.

    Raises: NotFound.
    """
    if await db.fetch_one(_PATIENT, patient_id) is None:
        raise NotFound()
    async with db.transaction():
        if kind in ("deceased", "refused", "no_calls"):
            await stopping.stop_patient(patient_id, kind, why=why, by=staff.id)
        else:
            rows = await db.fetch(models.NAMING, patient_id, kind)
            await stopping.stop([row["id"] for row in rows], kind)


def _age(born: date | None, day: date) -> int | None:
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
