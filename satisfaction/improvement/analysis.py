"""Why complaints came: by cause, department, source, severity, and what has changed; kept each month as it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from satisfaction.improvement.effect import Counted, rate_ratio
from server import clock, db, workdays

BY = ("cause", "head", "department", "source", "severity", "month")

# Complaints and visits of some days. $1 and $2 moments, $3 departments or null, $4 zone
CASES = """
SELECT coalesce(cc.code, '') AS cause, split_part(coalesce(cc.code, ''), '.', 1) AS head,
    coalesce(c.department_id::text, '') AS department, c.source, c.severity,
    to_char(c.received_at AT TIME ZONE $4, 'YYYY-MM') AS month, count(*) AS n
FROM complaint c LEFT JOIN complaint_cause cc ON cc.complaint_id = c.id AND cc.place = 0
WHERE c.received_at >= $1 AND c.received_at < $2 AND c.state <> 'merged'
AND ($3::uuid[] IS NULL OR c.department_id = ANY($3)) GROUP BY 1, 2, 3, 4, 5, 6
"""
VISITS = """
SELECT department_id::text AS department, count(*) AS n FROM encounter
WHERE started_at >= $1 AND started_at < $2 AND ($3::uuid[] IS NULL OR department_id = ANY($3)) GROUP BY 1
"""
NAMES = """
SELECT code AS key, names->>$1 AS name FROM cause UNION ALL SELECT id::text, name FROM department
"""


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def moments(self) -> tuple[Any, Any]:
        """Give its beginning and its end as moments."""
        return clock.at(self.first, 0), clock.at(self.last + timedelta(days=1), 0)

    def before(self) -> "Period":
        """Give the period before it: whole months before whole months, else as many days."""
        if self.first.day == 1 and (self.last + timedelta(days=1)).day == 1:
            months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
            first = self.first
            for _ in range(months):
                first = (first - timedelta(days=1)).replace(day=1)
            return Period(first, self.first - timedelta(days=1))
        days = (self.last - self.first).days + 1
        return Period(self.first - timedelta(days=days), self.first - timedelta(days=1))

    def last_year(self) -> "Period":
        """Give the same days of the year before; what has no 29 February ends on the 28th."""
        return Period(_year_before(self.first), _year_before(self.last))


def _year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


@dataclass(frozen=True)
class _Tally:
    cases: dict[str, dict[str, int]]
    visits: dict[str, int]

    @property
    def all_visits(self) -> int:
        return sum(self.visits.values())

    def rate(self, by: str, key: str) -> Counted:
        visits = self.visits.get(key, 0) if by == "department" else self.all_visits
        return Counted(self.cases[by].get(key, 0), float(visits))


async def analysed(period: Period, departments: Sequence[UUID] | None, language: str) -> dict[str, Any]:
    """Give the analysis of a period: per key how many, how many before and a year ago, and the ratio of the rates.

    Small numbers stand as they are: only who leads reads them. A change is said with its exact 95 % interval.
    """
    now, before, year = [await _tally(one, departments) for one in (period, period.before(), period.last_year())]
    names = {row["key"]: row["name"] for row in await db.fetch(NAMES, language)}
    groups = {by: _group(by, (now, before, year), names) for by in BY}
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "total": _line("total", "", (now, before, year), {}),
        "visits": now.all_visits,
        "groups": groups,
    }


async def _tally(period: Period, departments: Sequence[UUID] | None) -> _Tally:
    only = None if departments is None else list(departments)
    rows = await db.fetch(CASES, *period.moments, only, str(clock.zone()))
    cases: dict[str, dict[str, int]] = {by: {} for by in (*BY, "total")}
    for row in rows:
        for by, found in cases.items():
            key = row.get(by, "")
            found[key] = found.get(key, 0) + row["n"]
    visits = {row["department"]: row["n"] for row in await db.fetch(VISITS, *period.moments, only)}
    return _Tally(cases, visits)


def _group(by: str, tallies: tuple[_Tally, _Tally, _Tally], names: dict[str, str]) -> list[dict[str, Any]]:
    if by == "month":  # a month has its own before
        keys: Sequence[str] = sorted(tallies[0].cases[by])
        return [_plain(key, tallies[0].cases[by][key]) for key in keys]
    found = set(tallies[0].cases[by]) | set(tallies[1].cases[by])
    lines = [_line(by, key, tallies, names) for key in found]
    return sorted(lines, key=lambda line: (-line["count"], -line["before"]["count"], line["key"]))


def _plain(key: str, count: int) -> dict[str, Any]:
    return {"key": key, "name": key, "count": count, "per_thousand": None, "before": None, "last_year": None}


def _line(by: str, key: str, tallies: tuple[_Tally, _Tally, _Tally], names: dict[str, str]) -> dict[str, Any]:
    now, before, year = (tally.rate(by, key) for tally in tallies)
    return {
        "key": key,
        "name": names.get(key, key),
        "count": now.count,
        "per_thousand": round(1000 * now.count / now.exposure, 2) if now.exposure else None,
        "before": _change(before, now),
        "last_year": _change(year, now),
    }


def _change(then: Counted, now: Counted) -> dict[str, Any]:
    """Say how a rate has changed: better, worse, no clear change, or unknown where nothing can be compared."""
    if not then.exposure or not now.exposure or not then.count + now.count:
        return {"count": then.count, "ratio": None, "low": None, "high": None, "change": "unknown"}
    ratio = rate_ratio(then, now)
    change = "better" if ratio.high < 1 else "worse" if ratio.low > 1 else "no_clear_change"
    figures = orjson.loads(orjson.dumps({"ratio": ratio.estimate, "low": ratio.low, "high": ratio.high}))
    return {"count": then.count, **figures, "change": change}


WORDS = {
    "total": "合计", "head": "原因大类", "cause": "原因", "department": "科室", "source": "来源", "severity": "级别",
    "month": "月份", "better": "减少", "worse": "增多", "no_clear_change": "没有明显变化", "unknown": "无法比较",
    "low_rating": "低分评价", "miniapp": "小程序", "phone": "电话", "desk": "现场", "call_back": "回访",
    "letter": "来信", "": "未归类",
}  # fmt: skip


def table_of(found: dict[str, Any]) -> list[list[str]]:
    """Give an analysis as a table, its header first."""
    rows = [["分类", "项目", "件数", "每千人次", "上期件数", "与上期比", "去年同期件数", "与去年同期比"]]
    for by, lines in {"total": [found["total"]], **found["groups"]}.items():
        for line in lines:
            name = WORDS.get(line["name"], line["name"])
            if by == "month":
                rows.append([WORDS[by], name, str(line["count"]), "", "", "", "", ""])
                continue
            rate = "" if line["per_thousand"] is None else str(line["per_thousand"])
            changes = [
                text
                for key in ("before", "last_year")
                for text in (str(line[key]["count"]), WORDS[line[key]["change"]])
            ]
            rows.append([WORDS[by], "全院" if by == "total" else name, str(line["count"]), rate, *changes])
    return rows


# ---- each month ----------------------------------------------------------------------------------------------------

KEEP = """
INSERT INTO complaint_analysis (month, body, made_at) VALUES ($1, $2::jsonb, app_now())
ON CONFLICT (month) DO NOTHING RETURNING month
"""


async def keep_month() -> bool:
    """Keep the analysis of last month from the first working day of this one on, as it is then; tell whether it was.

    Looks at the database, so that a first working day on which nothing ran is made up for on the next.
    """
    today = clock.today()
    first = today.replace(day=1)
    works = await workdays.worked_between(first, today)
    if not any(works(first + timedelta(days=n)) for n in range((today - first).days + 1)):
        return False
    last = first - timedelta(days=1)
    month = last.replace(day=1)
    if await db.fetch_one("SELECT 1 FROM complaint_analysis WHERE month = $1", month):
        return False
    body = await analysed(Period(month, last), None, "zh-CN")
    return await db.fetch_one(KEEP, month, orjson.dumps(body).decode()) is not None


async def kept_months() -> list[dict[str, Any]]:
    """List the analyses that were kept, the newest first."""
    rows = await db.fetch("SELECT month, body, made_at FROM complaint_analysis ORDER BY month DESC LIMIT 24")
    return [{**row, "body": orjson.loads(row["body"])} for row in rows]
