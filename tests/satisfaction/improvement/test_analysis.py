"""Why complaints came: counted by cause, compared with exact intervals, kept each month once, seen by who leads."""

from datetime import date, timedelta

import pytest

from satisfaction.improvement.analysis import Period
from server import clock as now
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.improvement.conftest import CAUSE

REPORT = "/reports/complaint-causes"


def months() -> tuple[date, date, date]:
    """The first days of this month, of the last and of the one before."""
    this = now.today().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return this, last, (last - timedelta(days=1)).replace(day=1)


async def two_months(past) -> tuple[date, date]:
    """Ten complaints of a cause in the month before last, one in the last; as many visits in both."""
    this, last, before = months()
    await past.visits(before, last - timedelta(days=1), 30)
    await past.visits(last, this - timedelta(days=1), 30)
    await past.complaints([before + timedelta(days=n) for n in range(20)])
    await past.complaints([last + timedelta(days=3)])
    await past.complaints([last + timedelta(days=4)], cause=None, severity="A")
    return last, this - timedelta(days=1)


async def test_a_month_is_compared_with_the_one_before(ward, past):
    first, last = await two_months(past)
    found = await ward.supervisor.get(f"{REPORT}?from={first}&to={last}")
    assert (found["total"]["count"], found["visits"]) == (2, 30 * ((last - first).days + 1))
    by_cause = {line["key"]: line for line in found["groups"]["cause"]}
    assert by_cause[CAUSE]["name"] == "候诊时间长"
    assert (by_cause[CAUSE]["count"], by_cause[CAUSE]["before"]["count"]) == (1, 20)
    assert by_cause[CAUSE]["before"]["change"] == "better"
    assert by_cause[CAUSE]["before"]["high"] < 1
    assert by_cause[CAUSE]["last_year"]["change"] == "unknown"
    assert by_cause[""]["count"] == 1
    assert by_cause[""]["before"]["change"] == "no_clear_change"
    assert [line["key"] for line in found["groups"]["head"]] == ["process", ""]
    assert {line["key"]: line["count"] for line in found["groups"]["severity"]} == {"A": 1, "B": 1}
    assert await ward.supervisor.get(REPORT) == found  # last month is what is meant when nothing is said


async def test_the_report_leaves_as_a_table_and_that_is_written_down(ward, past):
    first, last = await two_months(past)
    reply = await ward.supervisor.call("GET", f"{REPORT}?from={first}&to={last}", Accept="text/csv")
    lines = reply.raw.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("分类,项目,件数")
    assert any(line.startswith("原因,候诊时间长,1,") and ",20,减少," in line for line in lines)
    assert await props.count("export_log", "name LIKE 'complaint-causes%'") == 1


async def test_a_head_sees_their_own_departments_and_handlers_nothing(ward, past, hospital):
    await two_months(past)
    other = await props.a_department()
    head = await a_member_of_staff(hospital, "department_head", department_id=other)
    assert (await head.get(REPORT))["total"]["count"] == 0
    assert (await head.refused(f"{REPORT}?department={past.department_id}", method="GET")).status == 403
    assert (await head.refused(f"{REPORT}/months", method="GET")).status == 403
    assert (await ward.handler.refused(REPORT, method="GET")).status == 403
    assert (await ward.supervisor.get(f"{REPORT}?department={past.department_id}"))["total"]["count"] == 2


@pytest.mark.parametrize(
    "query",
    ["from=2026-05-02&to=2026-05-01", "from=2020-01-01&to=2026-01-01", "from=0001-01-01&to=0001-01-02", "from=x"],
    ids=["backwards", "too-long", "long-ago", "no-day"],
)
async def test_an_impossible_period_is_refused(ward, query):
    assert (await ward.supervisor.refused(f"{REPORT}?{query}", method="GET")).status == 422


async def test_a_month_is_kept_once_as_it_was(ward, past, clock):
    first, _ = await two_months(past)
    for _ in range(12):  # New Year's and the longest holidays are over by then
        await ward.run("analyse_month")
        await clock.forward(days=1)
    kept = (await ward.supervisor.get(f"{REPORT}/months"))["items"]
    assert len(kept) >= 1
    assert len({one["month"] for one in kept}) == len(kept)
    before = await db.fetch("SELECT body FROM complaint_analysis ORDER BY month")
    await past.complaints([first + timedelta(days=5)])
    await ward.run("analyse_month")
    assert await db.fetch("SELECT body FROM complaint_analysis ORDER BY month") == before


@pytest.mark.parametrize(
    ("period", "before", "last_year"),
    [
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        (("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31"), ("2025-01-01", "2025-03-31")),
        (("2026-03-10", "2026-03-16"), ("2026-03-03", "2026-03-09"), ("2025-03-10", "2025-03-16")),
        (("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31"), ("2023-02-01", "2023-02-28")),
    ],
    ids=["month", "quarter", "week", "leap"],
)
def test_what_a_period_is_compared_with(period, before, last_year):
    def of(days: tuple[str, str]) -> Period:
        return Period(date.fromisoformat(days[0]), date.fromisoformat(days[1]))

    assert of(period).before() == of(before)
    assert of(period).last_year() == of(last_year)
