"""Working calendars, promises and the report of clocks over HTTP."""

from datetime import date, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from server import clock as time
from server import db
from tests import props

OFFICE = {
    "name": "投诉办公室",
    "follows_workdays": True,
    "weekly": [{"weekday": day, "starts": "09:00", "ends": "17:00"} for day in range(5)],
    "days": [],
}


async def promises(staff) -> dict:
    shown = await staff.get("/admin/clock-policy")
    values = ("minutes", "calendars", "half_percent", "warn_percent")
    return {
        "promises": {
            one["clock"]: {name: one[name] for name in values} for one in shown["promises"] if not one["is_fixed"]
        },
        **{name: shown[name] for name in ("pauses", "paused_hours", "quiet_from", "quiet_until", "version")},
    }


async def due_of(name: str) -> datetime:
    row = await db.fetch_one("SELECT due_at FROM complaint_clock WHERE clock = $1", name)
    return row["due_at"]


async def test_a_calendar_shows_holidays_and_make_up_days_of_a_month(ward):
    shown = await ward.supervisor.get("/admin/work-calendars/office?month=2026-10")
    days = {day["day"]: day for day in shown["days"]}
    assert len(days) == 31
    assert (days["2026-10-01"]["is_holiday"], days["2026-10-01"]["spans"]) == (True, [])
    assert days["2026-10-10"]["spans"][0] == {"starts": "08:00", "ends": "12:00"}  # a Saturday that is worked
    assert days["2026-10-11"]["spans"] == []
    unknown = await ward.supervisor.get("/admin/work-calendars/office?month=2031-01")
    assert not unknown["days"][0]["is_sure"]


async def test_other_hours_are_tried_out_saved_and_recomputed(ward, clock):
    await clock.set_to(time.at(date(2026, 11, 18), 18))  # after hours
    complaint_id = await ward.complaint()
    await ward.supervisor.post(f"/complaints/{complaint_id}/severity", {"severity": "C", "reason": "轻微"})
    await ward.run("recompute_dues")
    before = await due_of("first_response")
    tried = await ward.supervisor.post("/admin/work-calendars/office/preview", OFFICE)
    assert (tried["looked"], tried["changed"], tried["by_clock"]) == (1, 1, {"first_response": 1})
    assert await due_of("first_response") == before
    saved = await ward.supervisor.put("/admin/work-calendars/office", {**OFFICE, "version": 0, "why": "改为九点上班"})
    assert (saved["version"], saved["history"][0]["why"]) == (1, "改为九点上班")
    await ward.run("recompute_dues")
    assert await due_of("first_response") - before == timedelta(hours=1)
    assert datetime.fromisoformat(tried["examples"][0]["due_at"]) == (await due_of("first_response")).replace(
        microsecond=0
    )
    run = (await ward.supervisor.get("/admin/dues-runs"))["items"][0]
    assert (run["why"], run["changed"]) == ("terms_changed", 1)
    [change] = (await ward.supervisor.get(f"/admin/dues-runs/{run['id']}"))["items"]
    assert change["name"] == "首次回应"
    late = await ward.supervisor.call("PUT", "/admin/work-calendars/office", {**OFFICE, "version": 0, "why": "x"})
    assert late.code == "someone_was_faster"


async def test_a_night_shift_is_parted_at_midnight_and_dates_go_before_weekdays(ward):
    form = {
        "name": "夜间值守",
        "follows_workdays": False,
        "weekly": [{"weekday": 6, "starts": "22:00", "ends": "06:00"}],
        "days": [{"day": "2026-11-24", "kind": "hours", "starts": "10:00", "ends": "11:00"}],
        "version": 0,
        "why": "新设",
    }
    shown = await ward.supervisor.put("/admin/work-calendars/night", form)
    assert shown["weekly"][6] == [{"starts": "22:00", "ends": "24:00"}]
    assert shown["weekly"][0] == [{"starts": "00:00", "ends": "06:00"}]
    assert shown["own_hours"] == {"2026-11-24": [{"starts": "10:00", "ends": "11:00"}]}


@pytest.mark.parametrize(
    "broken",
    [
        {"weekly": []},
        {"weekly": [*OFFICE["weekly"], {"weekday": 0, "starts": "16:59", "ends": "18:00"}]},
        {"weekly": [{"weekday": 7, "starts": "09:00", "ends": "10:00"}]},
        {"weekly": [{"weekday": 1, "starts": "9", "ends": "10:00"}]},
        {"weekly": [{"weekday": 1, "starts": "24:00", "ends": "24:00"}]},
        {"days": [{"day": "2026-11-24", "kind": "hours"}]},
        {"days": [{"day": "2026-11-24", "kind": "open"}, {"day": "2026-11-24", "kind": "closed"}]},
    ],
    ids=["empty", "overlap", "eighth_day", "no_time", "no_end", "no_hours", "twice"],
)
async def test_a_calendar_that_cannot_be_is_refused(ward, broken):
    form = {**OFFICE, "version": 0, "why": "x", **broken}
    assert (await ward.supervisor.refused("/admin/work-calendars/office", form, method="PUT")).status == 422
    assert await props.count("work_calendar") == 0


async def test_overlapping_hours_are_refused_by_the_table_as_well(ward):
    await props.insert_without_id("work_calendar", code="x", name="x", follows_workdays=False)
    await props.insert_without_id("work_interval", calendar="x", weekday=1, starts_minute=60, ends_minute=120)
    with pytest.raises(IntegrityError, match="work_interval_weekday_apart"):
        await props.insert_without_id("work_interval", calendar="x", weekday=1, starts_minute=119, ends_minute=130)


async def test_what_the_law_counts_by_and_around_the_clock_cannot_be_changed(ward):
    for code in ("workdays", "around_the_clock"):
        form = {**OFFICE, "version": 0, "why": "x"}
        refused = await ward.supervisor.refused(f"/admin/work-calendars/{code}", form, method="PUT")
        assert refused.code == "calendar_fixed"
    value = await promises(ward.supervisor)
    value["promises"]["legal"] = value["promises"]["answer"]
    assert (await ward.supervisor.refused("/admin/clock-policy", {**value, "why": "x"}, method="PUT")).status == 422


async def test_a_stricter_promise_counts_from_the_start_of_clocks_that_run(ward, clock):
    await ward.complaint()
    await ward.run("recompute_dues")
    before = await due_of("answer")
    value = await promises(ward.supervisor)
    value["promises"]["answer"]["minutes"] = 12 * 60
    tried = await ward.supervisor.post(
        "/admin/clock-policy/preview", {k: v for k, v in value.items() if k != "version"}
    )
    assert tried["by_clock"] == {"answer": 1}
    saved = await ward.supervisor.put("/admin/clock-policy", {**value, "why": "更快"})
    assert saved["version"] == 1
    await ward.run("recompute_dues")
    assert before - await due_of("answer") == timedelta(hours=12)
    again = await ward.supervisor.call("PUT", "/admin/clock-policy", {**value, "why": "更快"})
    assert again.code == "someone_was_faster"
    value["promises"]["answer"]["calendars"]["A"] = "nowhere"
    refused = await ward.supervisor.refused("/admin/clock-policy", {**value, "version": 1, "why": "x"}, method="PUT")
    assert refused.body["errors"][0]["pointer"] == "/promises/answer/calendars/A"


async def test_settings_are_for_those_who_lead_the_service(ward):
    for path in ("/admin/work-calendars", "/admin/clock-policy", "/admin/dues-runs"):
        assert (await ward.handler.refused(path, method="GET")).status == 403


async def test_the_report_says_how_promises_were_kept(ward, clock):
    kept, late = await ward.complaint(), await ward.complaint()
    await ward.handler.post(f"/complaints/{kept}/acknowledgement")
    await clock.forward(minutes=11)
    await ward.handler.post(f"/complaints/{late}/acknowledgement")
    today = time.today().isoformat()
    first = (time.today() - timedelta(days=1)).isoformat()
    report = await ward.supervisor.get(f"/reports/complaint-clocks?from={first}&to={today}")
    rows = [row for row in report["items"] if row["clock"] == "acknowledgement"]
    assert [(sum(row["kept"] for row in rows), sum(row["missed"] for row in rows))] == [(1, 1)]
    assert report["satisfied_percent"] is None
    reply = await ward.supervisor.call("GET", f"/reports/complaint-clocks?from={first}&to={today}", Accept="text/csv")
    assert reply.status == 200
    assert "受理" in reply.raw.decode("utf-8-sig")
    assert await props.count("export_log") == 1
    assert (await ward.handler.refused("/reports/complaint-clocks", method="GET")).status == 403
