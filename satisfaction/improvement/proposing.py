"""What the machine proposes: causes that come again, severe cases, scores that sink. Each once, with its evidence."""

from typing import Any
from uuid import UUID

import orjson

from satisfaction.complaints import models as complaints
from satisfaction.improvement import goals, models, rules
from satisfaction.improvement.models import Improvement
from satisfaction.improvement.rules import IMPROVEMENT, ImprovementState, Metric
from satisfaction.scores.rules import dimension_name
from server import clock, db
from server.events import publish
from server.facts import ImprovementProposed
from server.history import SYSTEM, born
from server.ids import new_id
from server.jobs import each

JOB = "propose_improvements"


async def propose_due() -> int:
    """Propose an improvement for each cause that came three times to a department within 90 days, or once severely, and
    for each score that is known to sink.
    """
    since = clock.at(rules.evidence_of(clock.today()).first, 0)
    coming_again = await db.fetch(models.COMING_AGAIN, rules.SIMILAR_CASES, since)
    proposed = await each(JOB, coming_again, _cause)
    return proposed + await each(JOB, await db.fetch(models.SINKING), _signal)


async def _cause(found: dict[str, Any]) -> int:
    async with db.transaction():
        return await _propose_cause(found)


async def _signal(found: dict[str, Any]) -> int:
    async with db.transaction():
        return await _propose_signal(found)


async def _propose_cause(found: dict[str, Any]) -> int:
    department, cases = await complaints.department_name(found["department_id"]), found["complaint_ids"]
    cause = await db.fetch_one("SELECT names FROM cause WHERE code = $1", found["code"])
    assert cause is not None  # a foreign key holds it
    name = orjson.loads(cause["names"])["zh-CN"]
    is_again = len(cases) >= rules.SIMILAR_CASES
    why = f"90 天内 {len(cases)} 件" if is_again else "一件 A 级投诉"
    source = ("analysis", found["code"]) if is_again else ("complaint", str(found["worst_id"]))
    row_id = await _keep(
        found["department_id"], source, (Metric.COMPLAINT_RATE, found["code"]), f"{department}：{name}"
    )
    if row_id is None:
        return 0
    await db.fetch(models.KEEP_CASES, row_id, cases)
    await _tell(row_id, found["department_id"], why)
    return 1


async def _propose_signal(found: dict[str, Any]) -> int:
    title = f"{found['department_name']}：{dimension_name(found['dimension'], 'zh-CN')}评分下降"
    source, metric = ("signal", str(found["id"])), (Metric.DIMENSION_SCORE, found["dimension"])
    row_id = await _keep(found["department_id"], source, metric, title)
    if row_id is None:
        return 0
    await _tell(row_id, found["department_id"], "满意度预警")
    return 1


async def _keep(department_id: UUID, source: tuple[str, str], metric: tuple[Metric, str], title: str) -> UUID | None:
    """Keep a proposal in the open transaction; None when one of the same is open. metric: with cause or dimension."""
    today, row_id = clock.today(), new_id()
    evidence = rules.evidence_of(today)
    is_rate = metric[0] == Metric.COMPLAINT_RATE
    measured = {"metric": metric[0], "cause_code" if is_rate else "dimension": metric[1]}
    row = Improvement(
        id=row_id,
        department_id=department_id,
        evidence_from=evidence.first,
        evidence_to=evidence.last,
        **measured,
    )
    kept = await db.fetch_one(
        models.PROPOSE,
        row_id,
        rules.number_of(await models.next_number(), today),
        *source,
        department_id,
        str(row.metric),
        row.cause_code,
        row.dimension,
        title,
        evidence.first,
        evidence.last,
        await goals.usual(row),
    )
    if kept is None:
        return None
    await born(IMPROVEMENT, row, ImprovementState.PROPOSED, by=SYSTEM)
    return row_id


async def _tell(improvement_id: UUID, department_id: UUID, why: str) -> None:
    row = await Improvement.get(id=improvement_id)
    await models.note(row.id, "proposed", why, None)
    await publish(
        ImprovementProposed(
            improvement_id=row.id,
            number=row.number,
            title=row.title,
            why=why,
            staff_ids=await models.leads_of(department_id),
            at=clock.now(),
        )
    )
