"""The command `hospital plan preview`: what a patient would get of a plan, and when. Nothing is written."""

import sys
from datetime import date
from uuid import UUID

from notifications.followups import plans
from notifications.followups.kinds import PlanBody
from notifications.followups.plans import Preview
from server import clock, db, privacy
from server.errors import NotFound

WAYS = {"message": "消息", "call": "电话"}
PURPOSES = {"clinical": "诊疗随访", "return_visit": "复诊回访", "satisfaction": "满意度", "education": "健康宣教"}
LATE = {"send": "过时仍发送", "call": "过时转电话", "skip": "过时不发"}
STATUS = {"draft": "待科室审核", "approved": "执行中"}
WEEKDAYS = "一二三四五六日"

_PATIENT = """
SELECT p.id, p.name, p.birth_date, p.account_id, patient_is_stopped(p.id) AS is_stopped,
       has_open_complaint(p.id) AS has_complaint
FROM patient p WHERE (p.file_number = $1 OR p.id::text = $1) AND p.deleted_at IS NULL
"""
_OTHERS = """
SELECT earliest_at, latest_at, body ->> 'name' AS name FROM plan_step WHERE patient_id = $1 AND state = 'planned'
"""


async def print_preview(code: str, anchor_on: date, patient: str | None) -> int:
    """Print the steps of a plan in the order of time; for a patient, by file number or id, with what they meet."""
    try:
        body, status = await plans.body_of(code)
    except NotFound:
        print(f"hospital: there is no such plan: {code}", file=sys.stderr)
        return 1
    print(f"{body.name}（{STATUS[status]}），从 {anchor_on} 算起")
    steps = await plans.preview(body, anchor_on)
    if patient is None:
        for one in steps:
            print(_line(one))
        return 0
    return await _print_for(patient, body, steps)


async def _print_for(patient: str, body: PlanBody, steps: list[Preview]) -> int:
    row = await db.fetch_one(_PATIENT, patient)
    if row is None:
        print(f"hospital: there is no such patient: {patient}", file=sys.stderr)
        return 1
    print(f"患者 {privacy.mask_name(row['name'])}")
    if row["is_stopped"]:
        print("  已停止全部随访：什么都不会收到")
    if row["has_complaint"] and "complaint_open" in body.stops:
        print("  有投诉处理中：结束前暂停")
    others = await db.fetch(_OTHERS, UUID(str(row["id"])))
    for one in steps:
        print(_line(one, has_account=row["account_id"] is not None))
        for other in others:
            if other["earliest_at"] <= one.planned.due_at <= other["latest_at"] and one.planned.step.way == "message":
                print(f"      与“{other['name']}”合并为一次联系")
    return 0


def _line(one: Preview, *, has_account: bool = True) -> str:
    step, due = one.planned.step, clock.local(one.planned.due_at)
    way = WAYS[step.way] if has_account or step.way == "call" else "电话（没有小程序）"
    rest = "" if one.is_worked else "（休息日）"
    asks = f"，{len(step.questions)} 个问题" if step.questions else ""
    window = f"{clock.local(one.planned.earliest_at):%m-%d}…{clock.local(one.planned.latest_at):%m-%d}"
    when = f"{due:%Y-%m-%d} 周{WEEKDAYS[due.weekday()]} {due:%H:%M}{rest}"
    return f"  {when}  {step.name}  {way}，{PURPOSES[step.purpose]}{asks}，{window}，{LATE[step.late]}"
