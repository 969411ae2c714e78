"""The ladder: what happens when a clock runs out, or when a person calls for the next level."""

from uuid import UUID

from satisfaction.complaints import handlers, models, rules, timeline
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import Hand, Level
from server import clock, db
from server.events import publish
from server.facts import ComplaintEscalated
from server.history import SYSTEM, By


async def look(complaint_id: UUID) -> None:
    """Take the steps that are due for one complaint, each once, whoever else looks at the same time."""
    async with db.transaction():
        complaint = await db.lock(Complaint, complaint_id)
        if complaint.closed_at is not None:
            return
        for hand in rules.overdue(complaint.hands, clock.now()):
            is_news = await handlers.note_breach(complaint, hand)
            if rules.raises_again(hand, complaint.level, is_known=not is_news):
                await _raise(complaint, hand)
        if complaint.handler_id is None:
            await handlers.assign_waiting(complaint)


async def _raise(complaint: Complaint, hand: Hand) -> None:
    to = rules.level_after(hand.clock, complaint.level)
    why = f"{rules.CLOCK_NAMES[hand.clock]}超时"
    await climb(complaint, to, clock_name=str(hand.clock), by=SYSTEM, why=why)


async def climb(complaint: Complaint, to: Level, *, clock_name: str, by: By, why: str) -> None:
    """Put a complaint on a level: its people are alerted, and until it is answered they have to acknowledge it.

    clock_name: the clock that ran out, or `by_hand`.
    """
    due_at = clock.now() + rules.NEXT_LEVEL_ACKNOWLEDGES_IN
    changes = {"acknowledged_at": None, "acknowledge_due_at": due_at} if complaint.state in rules.UNANSWERED else {}
    await models.change(complaint, level=int(to), **changes)
    people = await handlers.targets(complaint, to)
    names = "、".join(person.name for person in people) or "无人值班"
    await timeline.write(complaint, "escalation", f"{why}，升级至{rules.LEVEL_NAMES[to]}（{names}）", by=by)
    await publish(
        ComplaintEscalated(
            complaint_id=complaint.id,
            number=complaint.number,
            severity=complaint.severity,
            topic=complaint.topic,
            department_name=await models.department_name(complaint.department_id),
            level=int(to),
            clock=clock_name,
            cycle=complaint.cycle,
            staff_ids=tuple(person.id for person in people),
            due_at=due_at,
            barred_ids=await models.barred_ids(complaint.practitioner_id),
        )
    )
