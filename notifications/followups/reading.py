"""What a patient answered, for whoever calls them just now; that it was read is written down."""

from typing import Any
from uuid import UUID

import orjson

from notifications.calls import actions as calls
from notifications.calls.errors import CallNotYours
from notifications.followups import models
from notifications.followups.actions import ANSWERS
from notifications.followups.kinds import FollowUpQuestion
from server import db, privacy
from server.accounts import SignedInStaff
from server.ids import new_id


async def answers_for(staff: SignedInStaff, call_id: UUID) -> list[dict[str, Any]]:
    """Give the answers to the form from which a call comes: question, answer in words, whether it is alarming.

    Empty when the call comes from no form, or nobody has answered it. Raises: NotFound, CallNotYours.
    """
    task = await calls.task_of(staff, call_id)
    if not task["is_taken"] or task["claimed_by"] != staff.id:
        raise CallNotYours()
    row = await db.fetch_one(models.ANSWERED, task["plan_step_id"]) if task["plan_step_id"] else None
    if row is None:
        return []
    await db.fetch(models.READ_ANSWERS, new_id(), staff.id, row["patient_id"], f"电话随访 {task['title']}"[:200])
    said = orjson.loads(privacy.unseal(row["answers_cipher"], place=ANSWERS, row_id=row["id"]))
    alarming = set(orjson.loads(row["red_flags"]))
    return [
        {
            "question": question.text,
            "answer": _words(question, said[question.code]),
            "is_alarming": question.code in alarming,
        }
        for question in models.step_of(row["body"]).questions
        if question.code in said
    ]


def _words(question: FollowUpQuestion, value: Any) -> str:
    words = {option.code: option.text for option in question.options}
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(words.get(str(one), str(one)) for one in value)
    return words.get(value, value) if isinstance(value, str) else f"{value:g}"
