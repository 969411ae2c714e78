"""What each department decided about the order of its queue: versions with who and why, of which the last one holds.

A version never changes: every ticket names the one that it stands by. Before one is decided, a look says what it
would have meant for those who wait today; nobody who waits is moved by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from miniapp_api.queue import models
from miniapp_api.queue.order import ordering
from miniapp_api.queue.order.ordering import Rule
from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import Settings
from miniapp_api.queue.steps import lock_lines
from miniapp_api.queue.views import pause_now
from server import clock, db, live
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster

HISTORY_SHOWN = 100

_COLUMNS = f"{ordering.RULE_COLUMNS}, rule_now.at, rule_now.why, s.name AS by_name"
_BY = "LEFT JOIN staff s ON s.id = rule_now.by_id"
# $1 departments or null for all, $2 the last one that was seen, $3 at most so many
DEPARTMENTS = f"""
SELECT d.id, d.name, {_COLUMNS} FROM department d LEFT JOIN LATERAL (
    SELECT * FROM queue_rule WHERE department_id = d.id ORDER BY version DESC LIMIT 1
) rule_now ON true {_BY}
WHERE d.active AND ($1::uuid[] IS NULL OR d.id = ANY($1::uuid[])) AND ($2::uuid IS NULL OR d.id > $2)
ORDER BY d.id LIMIT $3
"""
# $1 department, $2 at most so many
HISTORY = f"""
SELECT {_COLUMNS} FROM queue_rule rule_now {_BY} WHERE rule_now.department_id = $1
ORDER BY rule_now.version DESC LIMIT $2
"""
_DECIDE = """
INSERT INTO queue_rule (department_id, version, policy, settings, at, by_id, why)
VALUES ($1, $2, $3, $4::jsonb, app_now(), $5, $6)
"""


@dataclass(frozen=True)
class Moved:
    """Somebody who waits and would stand elsewhere. before, after: places from the front, from 1."""

    number: str
    before: int
    after: int


@dataclass(frozen=True)
class Look:
    """What another rule would have meant for those who wait now. waiting: how many they are."""

    waiting: int
    moved: tuple[Moved, ...]


async def of_departments(
    department_ids: set[UUID] | None, after: UUID | None = None, limit: int = 1000
) -> list[dict[str, Any]]:
    """List departments, None for all, each with the rule that holds; in the order of their ids."""
    ids = None if department_ids is None else list(department_ids)
    return await db.fetch(DEPARTMENTS, ids, after, limit)


async def history(department_id: UUID) -> list[dict[str, Any]]:
    """List what a department decided, the last first: the rule, at, why, by_name."""
    return await db.fetch(HISTORY, department_id, HISTORY_SHOWN)


async def decide(department_id: UUID, rule: Rule, *, why: str, staff: SignedInStaff) -> None:
    """Let a rule hold from now on, for whoever comes from now on. rule.version: the one that was seen.

    Raises: SomeoneWasFaster when another rule was decided since.
    """
    settings = orjson.dumps(rule.settings.to_json()).decode()
    try:
        async with db.transaction():
            await lock_lines(clock.today(), department_id)
            values = (rule.version + 1, rule.policy.name, settings, staff.id, why)
            await db.fetch(_DECIDE, department_id, *values)
            await _tell(department_id, replace(rule, version=rule.version + 1), why, staff)
    except IntegrityError as error:
        if db.violated(error) == "queue_rule_pkey":
            raise SomeoneWasFaster() from error
        raise


async def _tell(department_id: UUID, rule: Rule, why: str, staff: SignedInStaff) -> None:
    """Write into the log of the queue that another rule holds, and tell the screens."""
    topic, by = live.queue_topic(department_id), staff.by
    state = {
        "id": str(department_id),
        "name": rule.policy.name,
        "settings": rule.settings.to_json(),
        "rule_version": rule.version,
        "pause": await pause_now(department_id),  # whoever follows the queue finds its whole state in the last line
    }
    said = orjson.dumps(state).decode()
    who = (by.kind, by.id, by.channel, why[:500])
    day = clock.today()
    await db.fetch(
        models.RECORD,
        *(topic, "queue", said, department_id, day, department_id, "reordered", None, None),
        *who,
        *(None, None, rule.policy.name, rule.version, said),
    )
    live.nudge(topic)


async def look(department_id: UUID, rule: Rule) -> Look:
    """Say who of those who wait now would stand elsewhere if they had come under a rule."""
    rows = await db.fetch(models.QUEUE, department_id, clock.today())
    waiting = [row for row in rows if row["state"] in ("waiting", "ready")]
    now = sorted(waiting, key=lambda row: (row["sort_class"], row["sort_at"], row["number"]))
    then = sorted(waiting, key=lambda row: _key(row, rule))
    places = {row["id"]: place for place, row in enumerate(then, start=1)}
    return Look(len(waiting), _moved(now, places))


def _moved(now: Sequence[dict[str, Any]], places: dict[UUID, int]) -> tuple[Moved, ...]:
    found = [Moved(row["label"], place, places[row["id"]]) for place, row in enumerate(now, start=1)]
    return tuple(one for one in found if one.before != one.after)


def _key(row: dict[str, Any], rule: Rule) -> tuple[int, Any, int]:
    if orjson.loads(row["reorderings"]):  # came back, was recalled or handed on: stands where that brought it
        return row["sort_class"], row["sort_at"], row["number"]
    place = rule.place_of(ordering.claim_of(row))
    return place.sort_class, place.sort_at, row["number"]


def rule_from(policy: str, settings: dict[str, Any], version: int) -> Rule:
    """Make a rule out of what a form says; what is not named has its default."""
    return Rule(version, POLICIES[policy], Settings.from_json(settings))
