"""The catalogue for staff: which fact calls whom, and what it says on the screen and in the group chat.

No patient's name and no text of a patient goes into the chat.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notifications import fields
from server import clock
from server.facts import (
    ComplaintAssigned,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintMessaged,
    ComplaintReopened,
)

ROBOT_LASTS = timedelta(hours=12)
LEVELS = ("投诉专员", "主管", "科主任", "投诉委员会")
CLOCKS = {"acknowledgement": "受理", "first_response": "首次回复", "answer": "答复"}

Alarming = ComplaintFiled | ComplaintAssigned | ComplaintEscalated | ComplaintMessaged | ComplaintReopened


@dataclass(frozen=True)
class Summons:
    """A call to staff about one subject.

    key: the same call gives the same key. staff_ids: who is called; none means whoever is on duty and not barred.
    is_chatted: the robot says it as well.
    """

    kind: str
    key: str
    subject_id: UUID
    severity: str
    title: str
    lines: tuple[tuple[str, str], ...]
    staff_ids: tuple[UUID, ...]
    deadline: datetime
    level: int = 0
    is_chatted: bool = True
    subject_kind: str = "complaint"
    barred_ids: tuple[UUID, ...] = ()

    @property
    def detail(self) -> str:
        """Give the lines as one line for the screen."""
        return "，".join(f"{label}：{text}" for label, text in self.lines)


def summons_of(fact: Alarming) -> Summons:
    """Give the call that a fact means for staff."""
    match fact:
        case ComplaintFiled():
            return _to_handler(fact, "complaint_filed", "新投诉")
        case ComplaintReopened():
            return _to_handler(fact, "complaint_reopened", f"投诉重新处理（第 {fact.cycle} 轮）")
        case ComplaintAssigned():
            return _to_handler(fact, "complaint_assigned", "投诉转交给您")
        case ComplaintEscalated():
            return _escalated(fact)
        case ComplaintMessaged():
            return Summons(
                kind="complaint_message",
                key=f"complaint:{fact.complaint_id}:message:{fact.at.isoformat()}",
                subject_id=fact.complaint_id,
                severity="B",
                title=f"患者补充了投诉 {fact.number}",
                lines=_lines(("主题", fact.topic)),
                staff_ids=_one(fact.handler_id),
                deadline=fact.at + ROBOT_LASTS,
                is_chatted=False,
                barred_ids=fact.barred_ids,
            )


def _to_handler(fact: ComplaintFiled | ComplaintReopened | ComplaintAssigned, kind: str, words: str) -> Summons:
    return Summons(
        kind=kind,
        key=f"complaint:{fact.complaint_id}:{kind.removeprefix('complaint_')}:{fact.cycle}",
        subject_id=fact.complaint_id,
        severity=fact.severity,
        title=f"【{fact.severity} 级】{words} {fact.number}",
        lines=_lines(
            ("科室", fact.department_name),
            ("主题", fact.topic),
            ("处理人", fact.handler_name),
            ("请于此前受理", _until(fact.acknowledge_due_at)),
            ("请于此前首次回复", _until(fact.response_due_at)),
        ),
        staff_ids=_one(fact.handler_id),
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=() if isinstance(fact, ComplaintAssigned) else fact.barred_ids,
    )


def _escalated(fact: ComplaintEscalated) -> Summons:
    who = LEVELS[fact.level] if 0 <= fact.level < len(LEVELS) else str(fact.level)
    what = f"{CLOCKS[fact.clock]}超时" if fact.clock in CLOCKS else "人工升级"
    return Summons(
        kind="complaint_escalated",
        key=f"complaint:{fact.complaint_id}:escalated:{fact.clock}:{fact.cycle}:{fact.level}",
        subject_id=fact.complaint_id,
        severity=fact.severity,
        level=fact.level,
        title=f"【{fact.severity} 级】投诉 {fact.number} {what}，升级至{who}",
        lines=_lines(("科室", fact.department_name), ("主题", fact.topic), ("请于此前受理", _until(fact.due_at))),
        staff_ids=fact.staff_ids,
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
    )


def _lines(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in pairs if text)


def _one(staff_id: UUID | None) -> tuple[UUID, ...]:
    return (staff_id,) if staff_id is not None else ()


def _until(moment: datetime) -> str:
    return fields.moment(moment)
