"""Each night: how well yesterday's promised waits held, what that teaches, and who must know when they did not."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue.waiting import calibration_models as models
from miniapp_api.queue.waiting.estimates import RATIOS, WEEKS, Kept, Tally, is_off, learn, tally
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.errors import wrong_field
from server.events import publish
from server.facts import WaitsHold, WaitsMisjudged
from server.hospital import policy
from server.ids import new_id

READERS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD, Role.OPERATIONS)
CLOSED_AFTER_MIDNIGHT = timedelta(hours=5)  # later than the queues themselves are closed
DAYS_BACK = 7  # that are made up for when the workers stood still
LONGEST_DAYS = 92
LIMITS = {"lowest": 0.70, "highest": 0.90, "calls": 30}  # of a day's P80, and from how many calls on it is judged


async def compare_days() -> None:
    """Compare the promises of each day that is over with what became of them, each day once."""
    last = clock.local(clock.now() - CLOSED_AFTER_MIDNIGHT).date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in reversed(range(DAYS_BACK))]
    rolled = {row["day"] for row in await db.fetch(models.ROLLED, days[0])}
    for day in days:
        if day not in rolled:
            await _compare(day)


async def _compare(day: date) -> None:
    async with db.transaction():
        if await db.fetch_one(models.ROLL, day) is None:
            return
        await db.fetch(models.SETTLE, day)
        kept: dict[UUID, list[Kept]] = defaultdict(list)
        for row in await db.fetch(models.PROMISES, day):
            kept[row.pop("department_id")].append(Kept(**row))
        for department_id in sorted(kept):
            counted = tally(kept[department_id])
            for position, (counts, ratios) in counted.items():
                await _keep(department_id, day, position, counts, ratios)
            await _judge(department_id, day, [counts for counts, _ in counted.values()])
        await _learn(day)


async def _keep(department_id: UUID, day: date, position: int, counts: Tally, ratios: list[int]) -> None:
    await db.fetch(
        models.KEEP_DAY,
        department_id,
        day,
        position,
        counts.promises,
        counts.called,
        counts.within_p50,
        counts.within_p80,
        counts.waited,
        counts.error,
        counts.absolute_error,
        ratios,
    )


async def _learn(day: date) -> None:
    """Learn by how much estimates are stretched from the weeks until a day; for departments and the whole hospital."""
    sums: dict[tuple[UUID | None, int], list[int]] = defaultdict(lambda: [0] * RATIOS)
    for row in await db.fetch(models.RATIOS, day - timedelta(weeks=WEEKS), day):
        for key in ((row["department_id"], row["position"]), (None, row["position"])):
            sums[key] = [one + more for one, more in zip(sums[key], row["ratios"], strict=True)]
    await db.fetch(models.FORGET_RATIOS)
    for (department_id, position), ratios in sums.items():
        if found := learn(ratios):
            await db.fetch(models.KEEP_RATIO, department_id, position, sum(ratios), found.p50, found.p80)


async def _judge(department_id: UUID, day: date, counted: list[Tally]) -> None:
    limits = LIMITS | await policy("queue.calibration", {})
    called = sum(counts.called for counts in counted)
    coverage = sum(counts.within_p80 for counts in counted) / called if called else 0.0
    match is_off(coverage, called, (limits["lowest"], limits["highest"], limits["calls"])):
        case True:
            if row := await db.fetch_one(models.OPEN_ALARM, new_id(), department_id, day, coverage):
                await publish(await _alarm(row, day, coverage=coverage, called=called))
        case False:
            if row := await db.fetch_one(models.CLOSE_ALARM, department_id, day):
                await publish(WaitsHold(alarm_id=row["id"], department_id=department_id, day=day))


async def _alarm(alarm: dict[str, Any], day: date, *, coverage: float, called: int) -> WaitsMisjudged:
    department_id = alarm["department_id"]
    row = await db.fetch_one("SELECT name FROM department WHERE id = $1", department_id)
    who = await db.fetch(models.SUPERVISORS, department_id)
    return WaitsMisjudged(
        alarm_id=alarm["id"],
        department_id=department_id,
        department_name=row["name"] if row else "",
        day=day,
        coverage_percent=round(coverage * 100),
        visits=called,
        staff_ids=tuple(one["id"] for one in who),
        at=clock.now(),
    )


async def published(staff: SignedInStaff, since: date, until: date, department_id: UUID | None) -> dict[str, Any]:
    """Give how well promised waits held, by department and day, for the departments that this person may see.

    Raises: Forbidden for another's department, Malformed for days that make no span.
    """
    if since > until:
        raise wrong_field("/to", "wrong_range", "not before the first day")
    if until - since > timedelta(days=LONGEST_DAYS):
        raise wrong_field("/to", "range_too_long", f"at most {LONGEST_DAYS} days")
    if department_id is not None:
        auth.need_department(staff, department_id, *READERS)
        own: list[UUID] | None = [department_id]
    else:
        found = staff.departments_of(*READERS)
        own = None if found is None else list(found)
    rows = await db.fetch(models.PUBLISHED, since, until, own)
    alarms = {row["department_id"]: row["opened_on"] for row in await db.fetch(models.OPEN_ALARMS, own)}
    by_department: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_department[row["department_id"]].append(row)
    return {
        "first": since.isoformat(),
        "last": until.isoformat(),
        "limits": LIMITS | await policy("queue.calibration", {}),
        "departments": [
            {
                "department": {"id": str(key), "name": days[0]["department_name"]},
                "alarm_since": alarms[key].isoformat() if key in alarms else None,
                **_shares(days),
                "days": [{"day": day["day"].isoformat(), **_shares([day])} for day in days],
            }
            for key, days in by_department.items()
        ],
    }


def _shares(days: list[dict[str, Any]]) -> dict[str, Any]:
    called = sum(day["called"] for day in days)

    def mean(name: str, digits: int) -> float | None:
        return round(sum(day[name] for day in days) / called, digits) if called else None

    return {
        "promises": sum(day["promises"] for day in days),
        "called": called,
        "within_p50": mean("within_p50", 3),
        "within_p80": mean("within_p80", 3),
        "mean_wait_minutes": mean("waited", 1),
        "mean_error_minutes": mean("absolute_error", 1),
        "bias_minutes": mean("error", 1),
    }
