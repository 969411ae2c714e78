"""Scores over HTTP: figures with intervals, who may see what, comparison, units, responses, people, files."""

import io
from datetime import date
from uuid import UUID

import openpyxl
import pytest

from satisfaction.scores import actions as scores
from satisfaction.scores import reading
from server import clock as time
from server import db
from server.tables import CSV, XLSX
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.scores.answers import a_response

MARCH, APRIL = date(2026, 3, 4), date(2026, 4, 4)


@pytest.fixture
async def spring(hospital, clock):
    """Two departments in two months: one of them got worse, and a third has too few answers."""
    await clock.set_to(time.at(date(2026, 5, 6), 9))
    reading.forget()
    worse, same, few = [await props.a_department(name=name) for name in ("心血管内科", "骨科", "皮肤科")]
    for department, before, now in ((worse, 19, 10), (same, 18, 18)):
        for place in range(40):
            for day, good in ((MARCH, 2 * before), (APRIL, 2 * now)):
                stars = 5 if place < good else 2
                said = {"overall": stars, "waiting": stars, "doctor_attitude": 4, "recommend": 9 if stars == 5 else 3}
                await a_response(department, said, on=day)
    for _ in range(4):
        await a_response(few, {"overall": 1}, on=APRIL)
    await scores.publish_due()
    return {"worse": worse, "same": same, "few": few}


def tile(found: dict, code: str) -> dict:
    return next(one for one in found["tiles"] if one["code"] == code)


async def test_a_dashboard_says_how_it_is_how_sure_and_how_it_changed(hospital, spring):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    found = await supervisor.get("/scores?period=2026-04")
    assert found["period"] == {"key": "2026-04", "first": "2026-04-01", "last": "2026-04-30"}
    assert found["compared_with"]["key"] == "2026-03"
    assert found["published_until"] == "2026-04-30"
    positive = tile(found, "fft_positive")
    assert (positive["n"], positive["band"]) == (80, "trend")  # the four of the third department are in no total
    assert positive["figure"] == {"value": 70.0, "low": 59.2, "high": 78.9}
    assert positive["change"]["verdict"] == "worse"
    assert positive["change"]["difference"] == -22.5
    assert tile(found, "fft_negative")["change"]["verdict"] == "worse"
    assert tile(found, "nps")["figure"]["value"] == 40.0
    assert found["lowest"] == ["waiting", "doctor_attitude"]
    doctors = next(one for one in found["dimensions"] if one["dimension"] == "doctor")
    assert doctors["mean"]["value"] == 100
    assert doctors["mean"]["low"] < 97
    assert found["weights"] == {"version": 0, "weights": {}}
    assert (await supervisor.get("/scores"))["period"]["key"] == "2026-04"
    quarter = await supervisor.get("/scores?period=2026-Q2")
    assert tile(quarter, "fft_positive")["n"] == 80
    alone = await supervisor.get(f"/scores?period=2026-04&department={spring['same']}")
    assert tile(alone, "fft_positive")["change"]["verdict"] == "no_clear_change"


async def test_too_few_answers_are_said_to_be_too_few(hospital, spring):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    found = await supervisor.get(f"/scores?period=2026-04&department={spring['few']}")
    assert {one["band"] for one in found["tiles"]} == {"too_few"}
    assert {one["n"] for one in found["tiles"]} == {0}
    assert found["items"] == []
    units = await supervisor.get("/scores/units?period=2026-04")
    assert {one["name"] for one in units["units"]} == {"心血管内科", "骨科"}


async def test_leaders_see_what_they_lead_and_nobody_else_sees_anything(hospital, spring):
    head = await a_member_of_staff(hospital, "department_head", department_id=spring["same"])
    assert tile(await head.get("/scores?period=2026-04"), "fft_positive")["n"] == 40
    for path in ("/scores", "/scores/units", "/scores/trend", "/scores/responses", "/reports/satisfaction"):
        reply = await head.call("GET", f"{path}?department={spring['worse']}")
        assert reply.status == 404, path
        guide = await a_member_of_staff(hospital, "guide")
        assert (await guide.call("GET", path)).status == 403
    units = await head.get("/scores/units?period=2026-04")
    assert [one["name"] for one in units["units"]] == ["骨科"]


async def test_units_stand_beside_what_chance_would_do(hospital, spring):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    found = await supervisor.get("/scores/units?period=2026-04&item=overall")
    assert found["share"] == 70.0
    places = {one["name"]: one["place"] for one in found["units"]}
    assert places == {"心血管内科": "watch_low", "骨科": "watch_high"}
    assert all(one["low3"] <= one["low2"] < 70 < one["high2"] <= one["high3"] for one in found["limits"])
    assert (await supervisor.call("GET", "/scores/units?item=nothing_like_it")).status == 404


async def test_a_trend_stands_beside_the_year_before(hospital, spring):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    await a_year_before(spring["same"])
    found = await supervisor.get(f"/scores/trend?period=2026-04&months=3&item=overall&department={spring['same']}")
    said = [(one["month"], one["n"], one["last_year"] and one["last_year"]["value"]) for one in found["months"]]
    assert said == [("2026-02", 0, None), ("2026-03", 40, None), ("2026-04", 40, 50.0)]
    total = await supervisor.get("/scores/trend?period=2026-04&months=3")
    assert total["months"][-1]["figure"]["value"] == pytest.approx((100 + 77.5) / 2, abs=0.1)


async def a_year_before(department: UUID) -> None:
    """Answers of a year ago, published by themselves."""
    for stars in (1, 5, 3, 3, 3):
        await a_response(department, {"overall": stars}, on=date(2025, 4, 9))
    await scores.publish(date(2025, 4, 8))


async def test_a_report_is_a_file_that_is_written_down(hospital, spring):
    operations = await a_member_of_staff(hospital, "operations")
    path = "/reports/satisfaction?from=2026-04-10&to=2026-04-20"
    found = await operations.get(path)
    assert (found["first"], found["last"]) == ("2026-04-01", "2026-04-30")
    assert len(found["items"]) == 8
    reply = await operations.call("GET", path, accept=CSV)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="satisfaction-2026-04-2026-04.csv"'
    assert "骨科,总体体验," in reply.raw.decode("utf-8-sig")
    reply = await operations.call("GET", path, accept=XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(reply.raw)).worksheets[0]
    assert sheet.max_row == 9
    logged = await db.fetch("SELECT name, format, lines, by_id FROM export_log ORDER BY id")
    assert [(row["format"], row["lines"]) for row in logged] == [("csv", 8), ("xlsx", 8)]
    assert str(logged[0]["by_id"]) == operations.staff_id


async def test_weights_are_decided_with_a_reason_and_move_the_total(hospital, spring):
    supervisor = await a_member_of_staff(hospital, "supervisor")
    before = tile(await supervisor.get("/scores?period=2026-04"), "total")["figure"]["value"]
    form = {"weights": {"doctor": 0}, "why": "试点"}
    reply = await supervisor.call("PUT", "/admin/score-weights", form)
    assert reply.status == 200, reply.raw
    after = tile(await supervisor.get("/scores?period=2026-04"), "total")["figure"]["value"]
    assert (before, after) == (88.8, 77.5)
    history = (await supervisor.get("/admin/score-weights"))["history"]
    assert [(one["version"], one["why"]) for one in history] == [(1, "试点")]
    assert (await supervisor.call("PUT", "/admin/score-weights", {"weights": {"doctor": 11}, "why": "x"})).status == 422
