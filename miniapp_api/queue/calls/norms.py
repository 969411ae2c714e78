"""How quickly people were greeted, called and fetched on a day, against the department's norms: numbers only.

Everything is read from the log of the queue: who did what at which moment. What nobody did is not guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue.calls import settings as call_settings
from miniapp_api.queue.calls.rules import CallingRules
from miniapp_api.queue.steps import department_of_path
from server import auth, clock, db
from server.accounts import Role, SignedInStaff
from server.web import moment

WHO_READS = (Role.SUPERVISOR, Role.DEPARTMENT_HEAD)
WORST = 5
GREETED, FETCHED, WAIT = "greeted", "fetched", "wait"

# $1 department, $2 day
ACTS = """
SELECT subject_id, act, at, by_kind, state ->> 'number' AS number, state -> 'band' AS band,
    (state ->> 'checked_in_at')::timestamptz AS arrived_at
FROM queue_event
WHERE department_id = $1 AND day = $2 AND kind = 'ticket'
AND act IN ('arrived', 'greeted', 'informed', 'called', 'started')
ORDER BY seq
"""


@dataclass(frozen=True)
class Took:
    """What one patient waited for one thing. band: beginning of the booked time, None for who came without."""

    number: str
    since: datetime
    seconds: float
    band: datetime | None = None


async def norms_of(department_id: UUID, day: date | None, staff: SignedInStaff) -> dict[str, Any]:
    """Give the figures of a department's day: for each norm how many, how many within, median, 90 of 100, the worst.

    Raises: NotFound, Forbidden.
    """
    auth.need_department(staff, department_id, *WHO_READS)
    await department_of_path(department_id)
    day = day or clock.today()
    rules, _ = await call_settings.read(department_id)
    rows = await db.fetch(ACTS, department_id, day)
    return {"day": day.isoformat(), "department_id": str(department_id), **figures(measured(rows), rules)}


def measured(rows: Iterable[dict[str, Any]]) -> dict[str, list[Took]]:
    """Read what was measured out of the log of a day, in its order. Pure.

    Greeted: from a check-in of the patient's own to the desk's word. Wait: from the booked time, or from arrival when
    that was later, to the first call. Fetched: from the room's «I know» to the first start after it.
    """
    found: dict[str, list[Took]] = {GREETED: [], WAIT: [], FETCHED: []}
    moments: dict[UUID, dict[str, datetime]] = {}
    for row in rows:
        mine, act, at = moments.setdefault(row["subject_id"], {}), row["act"], row["at"]
        if act == "arrived":
            mine["arrived"] = row["arrived_at"]
            if row["by_kind"] == "patient":
                mine["alone"] = row["arrived_at"]
        elif act == "informed":
            mine["informed"] = at
        elif act == "greeted" and "alone" in mine:
            found[GREETED].append(_took(row, mine.pop("alone"), at))
        elif act == "called" and "arrived" in mine:
            band = _band(row["band"])
            found[WAIT].append(_took(row, max(mine.pop("arrived"), band or at.min.replace(tzinfo=at.tzinfo)), at, band))
        elif act == "started" and "informed" in mine:
            found[FETCHED].append(_took(row, mine.pop("informed"), at))
    return found


def _took(row: dict[str, Any], since: datetime, until: datetime, band: datetime | None = None) -> Took:
    return Took(row["number"], since, max(0.0, (until - since).total_seconds()), band)


def _band(band: Any) -> datetime | None:
    starts = orjson.loads(band) if isinstance(band, str) else band
    return datetime.fromisoformat(starts[0]) if starts else None


def figures(found: dict[str, list[Took]], rules: CallingRules) -> dict[str, Any]:
    """Give the figures of what was measured, the waits also for each band that was booked. Pure."""
    limits = {
        GREETED: rules.norm_greeted_seconds,
        WAIT: rules.norm_wait_minutes * 60,
        FETCHED: rules.norm_fetched_minutes * 60,
    }
    bands: dict[datetime, list[Took]] = {}
    for took in found[WAIT]:
        if took.band is not None:
            bands.setdefault(took.band, []).append(took)
    return {
        "measures": [
            {"name": name, **_figure(found[name], limit), "worst": _worst(found[name])}
            for name, limit in limits.items()
        ],
        "bands": [{"starts_at": moment(at), **_figure(bands[at], limits[WAIT])} for at in sorted(bands)],
    }


def _figure(tooks: Sequence[Took], limit: int) -> dict[str, Any]:
    seconds = sorted(took.seconds for took in tooks)
    return {
        "norm_seconds": limit,
        "count": len(seconds),
        "within": sum(took <= limit for took in seconds),
        "median_seconds": rank(seconds, 0.5),
        "p90_seconds": rank(seconds, 0.9),
    }


def rank(ordered: Sequence[float], share: float) -> int | None:
    """Give the value within which this share of the ordered ones lies (nearest rank); None of none. Pure."""
    if not ordered:
        return None
    place = -int(-share * len(ordered) // 1)  # rounded up
    return round(ordered[max(place, 1) - 1])


def _worst(tooks: Sequence[Took]) -> list[dict[str, Any]]:
    last = sorted(tooks, key=lambda took: -took.seconds)[:WORST]
    return [{"number": took.number, "since": moment(took.since), "seconds": round(took.seconds)} for took in last]
