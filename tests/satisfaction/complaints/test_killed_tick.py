"""A worker that is killed in the middle of a look at the ladder: nothing is lost and nobody is called twice."""

import asyncio
from uuid import UUID

import pytest

from server import db
from tests import props
from tests.processes import a_process

CALLED = """
SELECT e.clock, e.step, s.name, count(*) AS n FROM page p JOIN escalation e ON e.id = p.escalation_id
JOIN staff s ON s.id = p.staff_id WHERE e.complaint_id = $1 AND e.clock = 'severity' GROUP BY 1, 2, 3 ORDER BY 3
"""


async def called(complaint_id: str) -> list[tuple[str, int]]:
    """Whom the step of a grave complaint has called, and how often."""
    return [(row["name"], row["n"]) for row in await db.fetch(CALLED, UUID(complaint_id))]


# in the transaction of the calls: nothing of it is there; after it: all of it is there
@pytest.mark.parametrize(("point", "there"), [("steps_called", 0), ("steps_kept", 2)])
async def test_a_worker_that_dies_in_the_tick_loses_nothing_and_calls_nobody_twice(ward, point, there):
    complaint_id = await ward.complaint(text="输液打错药，过敏休克。")
    assert await called(complaint_id) == []
    async with a_process("worker", {**ward.site.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    async with asyncio.timeout(10):  # until the dead worker's connection has been cleared away
        while len(await called(complaint_id)) < there or not await _nobody_holds(complaint_id):
            await asyncio.sleep(0.02)
    assert len(await called(complaint_id)) == there
    for _ in range(2):
        await ward.run("watch_complaints")
    assert await called(complaint_id) == [("head先生", 1), ("supervisor先生", 1)]
    await ward.run("relay")
    assert await props.count("fact", "name = 'ComplaintEscalated'") == 1
    for person in (ward.head, ward.supervisor):
        kinds = [one["kind"] for one in (await person.get("/alerts"))["items"]]
        assert kinds.count("complaint_escalated") == 1
    assert await props.count("escalation", "resolved_at IS NULL AND next_look_at IS NULL") == 0
    assert await ward.broken_invariants() == []


async def _nobody_holds(complaint_id: str) -> bool:
    """Tell whether the complaint can be locked at once."""
    sql = "SELECT id FROM complaint WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED"
    return bool(await db.fetch(sql, UUID(complaint_id)))
