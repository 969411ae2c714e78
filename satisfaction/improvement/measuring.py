"""Counting before and after: the baseline, what it lets one see, and the looks at the effect."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson

from satisfaction.improvement import effect, models, rules
from satisfaction.improvement.effect import Counted, Judged, Measured, Power, Verdict
from satisfaction.improvement.models import Improvement
from satisfaction.improvement.rules import IMPROVEMENT, Days, ImprovementState, Metric
from satisfaction.scores import actions as scores
from server import clock, db
from server.events import publish
from server.facts import ImprovementJudged
from server.history import SYSTEM, move
from server.jobs import each

BATCH = 100


async def before(row: Improvement, starts_on: date) -> dict[str, Any]:
    """Count what was before a start, as it is frozen."""
    first_of = models.first_visit if row.metric == Metric.COMPLAINT_RATE else models.first_answer
    first = await first_of(row.department_id) or starts_on
    spans = rules.baseline_days(starts_on, row.evidence, first)
    days = sum(len(span) for span in spans)
    kept = {"days": days, "spans": [[span.first.isoformat(), span.last.isoformat()] for span in spans]}
    if row.metric == Metric.COMPLAINT_RATE:
        counted, _ = await _rate(row, spans)
        return kept | asdict(counted)
    return kept | asdict(await _score(row, spans))


def prospect(row: Improvement, kept: Mapping[str, Any]) -> Power:
    """Say what of the expected change will be seen. kept: what was before, as `before` gives it."""
    if row.metric == Metric.COMPLAINT_RATE:
        counted = Counted(kept["count"], kept["exposure"])
        return effect.rate_prospect(counted, row.expected_change, days=kept["days"])
    measured = Measured(kept["n"], kept["mean"], kept["sd"])
    return effect.score_prospect(measured, row.expected_change, days=kept["days"])


async def _rate(row: Improvement, spans: Sequence[Days]) -> tuple[Counted, int]:
    """Count complaints of the cause, among how many visits; and complaints that have no cause yet."""
    assert row.cause_code is not None  # the table holds it
    parts = [await models.counted(row.department_id, row.cause_code, span) for span in spans]
    return Counted(sum(one[0] for one in parts), float(sum(one[2] for one in parts))), sum(one[1] for one in parts)


async def _score(row: Improvement, spans: Sequence[Days]) -> Measured:
    assert row.dimension is not None  # the table holds it
    parts = [await scores.figures(row.department_id, row.dimension, span.first, span.last) for span in spans]
    return rules.pooled(Measured(part.n, part.mean, part.sd) for part in parts)


async def looked(row: Improvement, look: int, days: Days) -> tuple[Judged, dict[str, Any]]:
    """Take a look: what was before, what is after, and what it says.

    A complaint after the measure that has no cause yet counts as one of this cause: whoever is slow to name causes must
    not seem to have improved.
    """
    before = row.baseline
    if row.metric == Metric.COMPLAINT_RATE:
        coded, uncoded = await _rate(row, [days])
        after = Counted(coded.count + uncoded, coded.exposure)
        known = Counted(before["count"], before["exposure"])
        judged = effect.judge_rate(look, known, after, row.expected_change)
        needed = effect.needed_exposure(known, row.expected_change)
        return judged, {"after": asdict(after) | {"uncoded": uncoded}, "needed": needed}
    measured = await _score(row, [days])
    answered = Measured(before["n"], before["mean"], before["sd"])
    judged = effect.judge_score(look, answered, measured, row.expected_change)
    return judged, {"after": asdict(measured), "needed": effect.needed_answers(answered, row.expected_change)}


async def measure_due() -> int:
    """Take the looks that are due, each in a transaction of its own; give how many were taken."""
    taken = 0
    while found := await _pass():  # the second look of one is due as soon as its first was taken, after a long halt
        taken += found
    return taken


async def _pass() -> int:
    taken, last = 0, None
    while rows := await db.fetch(models.TO_JUDGE, clock.today(), last, BATCH):
        taken, last = taken + await each("measure_improvements", rows, _judge), rows[-1]["id"]
    return taken


async def _judge(due: dict[str, Any]) -> int:
    async with db.transaction():
        row = await db.lock(Improvement, due["id"])
        look = {ImprovementState.MEASURING: 1, ImprovementState.NOT_YET: 2}.get(row.state)
        if look is None or row.done_on is None:
            return 0  # somebody was faster
        days = rules.look_days(row.done_on, look)
        judged, counts = await looked(row, look, days)
        figures = as_json(judged) | counts | {"before": row.baseline, "from": days.first.isoformat()}
        figures |= {"to": days.last.isoformat(), "look": look}
        await db.fetch(
            models.WRITE_LOOK, row.id, row.cycle, look, judged.verdict, row.strength, orjson.dumps(figures).decode()
        )
        await _settle(row, look, judged.verdict, figures)
    return 1


async def _settle(row: Improvement, look: int, verdict: Verdict, figures: dict[str, Any]) -> None:
    """Move an improvement as the look says; a measure without effect goes back one level higher."""
    if look < effect.LAST_LOOK and verdict != Verdict.EFFECTIVE:
        state = ImprovementState.NOT_YET  # too few so far is no verdict either: the second look decides
    else:
        state = ImprovementState(verdict)
    await move(IMPROVEMENT, row, state, by=SYSTEM, why=f"look {look}", verdict=figures | {"verdict": str(verdict)})
    await models.note(row.id, "judged", VERDICT_WORDS[verdict], None)
    if state == ImprovementState.NOT_EFFECTIVE:
        await _reopen(row)
    if state != ImprovementState.NOT_YET:
        await publish(
            ImprovementJudged(
                improvement_id=row.id,
                number=row.number,
                title=row.title,
                verdict=str(verdict),
                level=row.level,
                staff_ids=tuple(sorted({one for one in (row.owner_id, row.approver_id) if one})),
                at=clock.now(),
            )
        )


async def _reopen(row: Improvement) -> None:
    """Give a measure without effect to the next level, as a new measure that has to be found; the baseline stays."""
    level = rules.next_level(row.level)
    assert row.owner_id is not None  # the table holds it
    people = await models.above(row.owner_id, row.department_id, LEADS[level])
    owner_id = next((one["id"] for one in people if one["id"] != row.approver_id), row.owner_id)
    await move(
        IMPROVEMENT,
        row,
        ImprovementState.ACCEPTED,
        by=SYSTEM,
        why="not effective",
        level=level,
        cycle=row.cycle + 1,
        owner_id=owner_id,
        needs_another=True,
        due_on=date.fromordinal(clock.today().toordinal() + rules.DAYS_FOR_ANOTHER),
        **NOTHING_DONE,
    )
    await models.note(row.id, "reopened", f"没有效果，升级到{rules.LEVEL_NAMES[level]}，需要另一项措施。", None)


NOTHING_DONE: dict[str, Any] = {"done_on": None, "check1_on": None, "check2_on": None, "done_evidence_id": None}
LEADS = {1: "department_head", 2: "supervisor", 3: "committee"}
VERDICT_WORDS = {
    Verdict.EFFECTIVE: "有效：改变已经看得出来。",
    Verdict.NOT_YET: "暂时看不出变化，到第 90 天再看。",
    Verdict.NOT_EFFECTIVE: "没有效果：若有预期的改变，应该已经看得出来。",
    Verdict.TOO_FEW: "数据太少，还不能判断。",
}


def as_json(found: Judged | Power) -> dict[str, Any]:
    """Write figures as JSON holds them; what is unbounded or unknown is null."""
    return orjson.loads(orjson.dumps(asdict(found)))
