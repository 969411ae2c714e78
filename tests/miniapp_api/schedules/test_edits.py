"""Changing schedules over HTTP: first seen, then made exactly as it was seen."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from miniapp_api.schedules import views
from miniapp_api.schedules.actions import open_sessions
from server import clock as watch
from tests import props
from tests.cast import StaffClient, a_member_of_staff, a_patient_by_row
from tests.miniapp_api.schedules.things import a_rule, bands_of, slot_at, tomorrow, usual


async def an_office(hospital) -> tuple[StaffClient, dict[str, Any]]:
    """An administrator, and a form for a clinic of tomorrow's weekday, 8 to 9."""
    department_id = await props.a_department()
    await usual(department_id)
    form = {
        "practitioner_id": str(await props.a_practitioner(department_id, name="温知夏")),
        "department_id": str(department_id),
        "room_id": str(await props.a_room(department_id)),
        "weekday": tomorrow().weekday(),
        "starts_at": "08:00",
        "ends_at": "09:00",
        "capacity": 3,
        "desk_capacity": 1,
    }
    return await a_member_of_staff(hospital, "admin"), form


async def previews(staff: StaffClient, **change: Any) -> dict[str, Any]:
    found = await staff.post("/admin/schedules/preview", change)
    views.PlanView.model_validate(found)
    return found


async def creates(staff: StaffClient, form: dict[str, Any]) -> dict[str, Any]:
    digest = (await previews(staff, create=form))["digest"]
    return await staff.post("/admin/schedules", form | {"digest": digest})


async def does(staff: StaffClient, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
    reply = await staff.call(method, path, body)
    assert reply.status == expect, (reply.status, reply.raw)
    return reply.body


async def test_a_clinic_is_previewed_and_then_made_as_seen(hospital):
    admin, form = await an_office(hospital)
    found = await previews(admin, create=form)
    assert (found["counts"]["new_sessions"], found["counts"]["new_bands"]) == (3, 12)
    first = found["new_sessions"][0]
    assert (first["practitioner_name"], first["day"]) == ("温知夏", tomorrow().isoformat())
    assert first["places"] == {"app": 6, "desk": 2}
    assert await props.count("schedule_rule") == await props.count("session") == 0
    made = await admin.post("/admin/schedules", form | {"digest": found["digest"], "why": "新开"})
    views.ScheduleView.model_validate(made)
    assert (made["valid_from"], made["version"]) == (watch.today().isoformat(), 1)
    assert await bands_of(tomorrow()) == [("08:00", 3), ("08:30", 3)]
    assert await bands_of(tomorrow(), "desk") == [("08:00", 1), ("08:30", 1)]
    assert await open_sessions() == 0
    (line,) = (await admin.get(f"/admin/schedules/{made['id']}/history"))["items"]
    assert (line["why"], line["before"], line["after"]["capacity"], line["by_name"]) == ("新开", None, 3, "李导")


async def test_a_change_begins_a_version_and_says_who_is_in_the_way(hospital):
    admin, form = await an_office(hospital)
    old = await creates(admin, form)
    people = [await a_patient_by_row(hospital) for _ in range(2)]
    slot = await slot_at(tomorrow(), 8)
    for person in people:
        await person.books(slot.id)
    change = {"capacity": 1, "from_day": tomorrow().isoformat()}
    found = await previews(admin, change={"id": old["id"], **change})
    assert [(one["starts_at"], one["taken"], one["wanted"], one["why"]) for one in found["conflicts"]] == [
        (slot.starts_at.astimezone(watch.zone()).isoformat(), 2, 1, "too_many")
    ]
    assert (found["counts"]["capacities"], found["counts"]["booked"]) == (6, 1)
    path = f"/admin/schedules/{old['id']}"
    new = await does(admin, "PATCH", path, change | {"digest": found["digest"], "why": "减号"})
    assert (new["follows_id"], new["valid_from"], new["capacity"]) == (old["id"], tomorrow().isoformat(), 1)
    assert (await admin.get(path))["valid_until"] == watch.today().isoformat()
    assert await bands_of(tomorrow()) == [("08:00", 2), ("08:30", 1)]
    (left,) = (await admin.get(f"/admin/schedules/conflicts?department={form['department_id']}"))["items"]
    assert (left["taken"], left["wanted"]) == (2, 1)
    later = await previews(admin, change={"id": new["id"], "room_id": None})
    assert [one["why"] for one in later["conflicts"]] == ["other_room"]  # the old conflict is not this change's
    (line,) = (await admin.get(f"/admin/schedules/{new['id']}/history"))["items"]
    assert (line["before"]["capacity"], line["after"]["capacity"]) == (3, 1)


async def test_a_preview_goes_stale_when_somebody_books_in_its_way(hospital):
    admin, form = await an_office(hospital)
    rule = await creates(admin, form)
    found = await previews(admin, end={"id": rule["id"]})
    assert found["counts"]["gone_sessions"] == len(found["gone_sessions"]) >= 2
    await (await a_patient_by_row(hospital)).books((await slot_at(tomorrow(), 8)).id)
    path = f"/admin/schedules/{rule['id']}"
    stale = await admin.call("DELETE", f"{path}?digest={found['digest']}")
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert await props.count("schedule_rule", "active AND valid_until IS NULL") == 1
    found = await previews(admin, end={"id": rule["id"]})
    await does(admin, "DELETE", f"{path}?digest={found['digest']}", expect=204)
    assert await bands_of(tomorrow()) == [("08:00", 1)]
    assert await props.count("session") == 1
    assert (await admin.refused(path, {"digest": found["digest"]}, method="PATCH")).status == 404


async def test_a_clinic_that_took_place_ends_and_stays_known(hospital):
    admin, _ = await an_office(hospital)
    rule = await a_rule()
    last = tomorrow() + timedelta(days=7)
    found = await previews(admin, end={"id": str(rule["id"]), "last_day": last.isoformat()})
    query = f"digest={found['digest']}&last_day={last.isoformat()}"
    await does(admin, "DELETE", f"/admin/schedules/{rule['id']}?{query}", expect=204)
    (there,) = (await admin.get(f"/admin/schedules?department={rule['department_id']}"))["items"]
    assert there["valid_until"] == last.isoformat()
    assert (await admin.get(f"/admin/schedules?on={last + timedelta(days=1)}"))["items"] == []


async def test_two_clinics_at_once_are_refused_in_words(hospital):
    admin, form = await an_office(hospital)
    await creates(admin, form)
    beside = form | {"starts_at": "08:30", "ends_at": "10:00"}
    assert (await admin.refused("/admin/schedules/preview", {"create": beside})).code == "schedule_overlap"
    assert (await admin.refused("/admin/schedules", beside | {"digest": "0" * 32})).code == "schedule_overlap"


@pytest.mark.parametrize(
    "change",
    [
        {"weekday": 7},
        {"starts_at": "8"},
        {"starts_at": "08:00:30"},
        {"starts_at": "08:00Z"},
        {"slot_minutes": 3},
        {"capacity": 0, "desk_capacity": 0},
        {"capacity": 201},
        {"practitioner_id": str(uuid4())},
        {"department_id": str(uuid4())},
        {"room_id": str(uuid4())},
        {"visit_type": "secret"},
        {"valid_from": "2020-01-01"},
        {"valid_from": "2060-01-02", "valid_until": "2060-01-01"},
        {"valid_until": "2020-01-01"},
    ],
)
async def test_an_impossible_clinic_is_refused(hospital, change):
    admin, form = await an_office(hospital)
    reply = await admin.refused("/admin/schedules/preview", {"create": form | change})
    assert (reply.status, reply.code) == (422, "malformed")
    assert (await admin.refused("/admin/schedules/preview", {})).status == 422


async def test_a_change_that_makes_it_impossible_is_refused(hospital):
    admin, form = await an_office(hospital)
    rule = await creates(admin, form)
    nothing = {"id": rule["id"], "capacity": 0, "desk_capacity": 0}
    assert (await admin.refused("/admin/schedules/preview", {"change": nothing})).status == 422
    past = {"id": rule["id"], "capacity": 1, "from_day": "2020-01-01"}
    assert (await admin.refused("/admin/schedules/preview", {"change": past})).status == 422
    unset = {"id": rule["id"], "starts_at": None}
    assert (await admin.refused("/admin/schedules/preview", {"change": unset})).status == 422


async def test_leave_is_previewed_made_and_taken_back(hospital):
    admin, form = await an_office(hospital)
    await creates(admin, form)
    day = tomorrow().isoformat()
    leave = {"kind": "leave", "practitioner_id": form["practitioner_id"], "first_day": day, "last_day": day}
    found = await previews(admin, create_exception=leave)
    assert (found["counts"]["gone_sessions"], found["counts"]["gone_bands"]) == (1, 4)
    made = await admin.post("/admin/schedule-exceptions", leave | {"digest": found["digest"], "reason": ""})
    views.ExceptionView.model_validate(made)
    assert await bands_of(tomorrow()) == []
    path = f"/admin/schedule-exceptions/{made['id']}"
    hours = leave | {"starts_at": "08:00", "ends_at": "08:10", "reason": "会议"}
    found = await previews(admin, change_exception=hours | {"id": made["id"]})
    changed = await does(admin, "PUT", path, hours | {"digest": found["digest"]})
    assert (changed["reason"], changed["version"]) == ("会议", 2)
    assert await bands_of(tomorrow()) == [("08:30", 3)]
    (there,) = (await admin.get(f"/admin/schedule-exceptions?department={form['department_id']}"))["items"]
    assert there["id"] == made["id"]
    found = await previews(admin, end_exception={"id": made["id"]})
    history = await admin.get(path + "/history")
    assert [line["why"] for line in history["items"]] == ["", "会议"]
    await does(admin, "DELETE", f"{path}?digest={found['digest']}", expect=204)
    assert await bands_of(tomorrow()) == [("08:00", 3), ("08:30", 3)]
    assert (await admin.refused(path, {**hours, "digest": found["digest"]}, method="PUT")).status == 404


async def test_an_extra_clinic_must_not_lie_across_another(hospital):
    admin, form = await an_office(hospital)
    await creates(admin, form)
    day = tomorrow().isoformat()
    extra = {
        "kind": "extra",
        "practitioner_id": form["practitioner_id"],
        "department_id": form["department_id"],
        "first_day": day,
        "last_day": day,
        "starts_at": "18:00",
        "ends_at": "19:00",
        "capacity": 2,
    }
    across = extra | {"starts_at": "08:30", "ends_at": "10:00"}
    assert (await admin.refused("/admin/schedules/preview", {"create_exception": across})).code == "schedule_overlap"
    found = await previews(admin, create_exception=extra)
    await admin.post("/admin/schedule-exceptions", extra | {"digest": found["digest"]})
    assert (await bands_of(tomorrow()))[2:] == [("18:00", 2), ("18:30", 2)]
    assert await props.count("session", "exception_id IS NOT NULL AND visit_type = 'ordinary'") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "leave"},
        {"kind": "closure", "practitioner_id": "own"},
        {"kind": "capacity"},
        {"kind": "extra", "capacity": 3},
        {"kind": "closure", "capacity": 3},
        {"kind": "closure", "starts_at": "08:00"},
        {"kind": "closure", "first_day": "2020-01-01", "last_day": "2020-01-02"},
        {"kind": "closure", "last_day": "2020-01-02"},
        {"kind": "strike"},
    ],
)
async def test_an_impossible_exception_is_refused(hospital, change):
    admin, form = await an_office(hospital)
    day = tomorrow().isoformat()
    own = {name: form["practitioner_id"] for name, value in change.items() if value == "own"}
    body = {"first_day": day, "last_day": day, **change, **own}
    assert (await admin.refused("/admin/schedules/preview", {"create_exception": body})).status == 422


async def test_a_department_decides_about_holidays_and_release(hospital):
    admin, form = await an_office(hospital)
    here = form["department_id"]
    await creates(admin, form)
    path = f"/admin/schedule-settings/{here}"
    body = {"on_holidays": "closed", "release_days_ahead": 30, "release_at": "07:00:30"}
    assert (await admin.get(path))["on_holidays"] == "usual"
    found = await previews(admin, setting=body | {"department_id": here})
    assert found["counts"]["new_sessions"] >= 2  # those that are released between the second and the fourth week
    changed = await does(admin, "PUT", path, body | {"digest": found["digest"]})
    assert (changed["release_at"], changed["version"]) == ("07:00:30", 2)
    assert (await admin.get(f"/admin/schedule-settings/{await props.a_department()}"))["version"] == 0
    nowhere = {"setting": body | {"department_id": str(uuid4())}}
    assert (await admin.refused("/admin/schedules/preview", nowhere)).status == 404


async def test_the_calendar_says_what_it_knows_and_the_hospital_may_know_better(hospital):
    admin, form = await an_office(hospital)
    path = f"/admin/schedule-settings/{form['department_id']}"
    await creates(admin, form)
    body = {"on_holidays": "closed", "release_days_ahead": 14, "release_at": "00:00"}
    digest = (await previews(admin, setting=body | {"department_id": form["department_id"]}))["digest"]
    await does(admin, "PUT", path, body | {"digest": digest})
    day = tomorrow().isoformat()
    named = {"kind": "holiday", "name": "院庆"}
    found = await previews(admin, day=named | {"day": day})
    assert found["counts"]["gone_sessions"] == 1
    await does(admin, "PUT", f"/admin/calendar/days/{day}", named | {"digest": found["digest"]}, expect=204)
    (shown,) = (await admin.get(f"/admin/calendar?from={day}&to={day}"))["days"]
    assert (shown["kind"], shown["name"], shown["is_own"]) == ("holiday", "院庆", True)
    assert await bands_of(tomorrow()) == []
    found = await previews(admin, forget_day=day)
    await does(admin, "DELETE", f"/admin/calendar/days/{day}?digest={found['digest']}", expect=204)
    assert (await admin.refused("/admin/schedules/preview", {"forget_day": day})).status == 404


async def test_a_year_that_nobody_knows_is_named_until_it_is_confirmed(hospital):
    admin, _ = await an_office(hospital)
    days = "/admin/calendar?from=2089-12-31&to=2090-01-01"
    assert (await admin.get(days))["unknown_years"] == [2089, 2090]
    await does(admin, "PUT", "/admin/calendar/years/2090", {}, expect=204)
    await does(admin, "PUT", "/admin/calendar/years/2090", {}, expect=204)
    assert (await admin.get(days))["unknown_years"] == [2089]
    assert await props.count("schedule_change", "subject = 'year'") == 1
    assert (await admin.refused("/admin/calendar/years/soon", {}, method="PUT")).status == 404
    assert (await admin.call("GET", "/admin/calendar?from=2026-01-01&to=2029-01-01")).status == 422


async def test_a_head_plans_the_own_department_only(hospital):
    _, form = await an_office(hospital)
    _, other = await an_office(hospital)
    head = await a_member_of_staff(hospital, "department_head", department_id=form["department_id"])
    made = await creates(head, form)
    theirs = await a_rule(department_id=other["department_id"], practitioner_id=other["practitioner_id"])
    assert [one["id"] for one in (await head.get("/admin/schedules"))["items"]] == [made["id"]]
    assert (await head.call("GET", f"/admin/schedules/{theirs['id']}")).status == 403
    day = tomorrow().isoformat()
    days = {"first_day": day, "last_day": day}
    for change in (
        {"create": other},
        {"end": {"id": str(theirs["id"])}},
        {"change": {"id": str(theirs["id"]), "capacity": 1}},
        {"create_exception": {"kind": "closure", **days}},
        {"create_exception": {"kind": "closure", "department_id": other["department_id"], **days}},
        {"create_exception": {"kind": "leave", "practitioner_id": other["practitioner_id"], **days}},
        {"day": {"day": day, "kind": "holiday"}},
    ):
        assert (await head.refused("/admin/schedules/preview", change)).status == 403, change
    assert (await head.call("PUT", "/admin/calendar/years/2090", {})).status == 403
    own = {"kind": "leave", "practitioner_id": form["practitioner_id"], **days}
    assert (await previews(head, create_exception=own))["counts"]["gone_sessions"] == 1


async def test_nobody_else_plans(hospital):
    guide, patient = await a_member_of_staff(hospital, "guide", "room"), await a_patient_by_row(hospital)
    for person in (guide, patient):
        assert (await person.refused("/admin/schedules/preview", {})).status == 403
        assert (await person.call("GET", "/admin/schedules")).status == 403


async def test_a_new_clinic_is_asked_for_once(hospital):
    admin, form = await an_office(hospital)
    digest, key = (await previews(admin, create=form))["digest"], str(uuid4())
    replies = [
        await admin.call("POST", "/admin/schedules", form | {"digest": digest}, Idempotency_Key=key) for _ in range(2)
    ]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].raw == replies[1].raw
    assert await props.count("schedule_rule") == 1
