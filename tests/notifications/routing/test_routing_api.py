"""Preferences of a patient, routes and settings of an administrator."""

import pytest

from notifications import hub
from notifications.hub import To
from notifications.rules import MessageClass
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.notifications.routing.standins import a_notice, a_route, of_channel, stand_in, the_message
from tests.notifications.telling import a_phone

CHAIN = [{"channels": ["inbox"]}, {"channels": ["wechat_subscribe"], "when": "not_delivered", "wait_seconds": 60}]


@pytest.fixture
async def admin(hospital):
    return await a_member_of_staff(hospital, "admin")


@pytest.fixture
async def phone(hospital):
    return await a_phone(hospital)


def switch(category: str, is_on: bool, channel: str = "wechat_subscribe") -> dict:
    return {"category": category, "channel": channel, "is_on": is_on}


async def test_what_is_switched_off_is_not_sent(hospital, phone, monkeypatch):
    stand_in(monkeypatch, "wechat_subscribe")
    items = (await phone.get("/preferences"))["items"]
    assert {item["category"]: item["is_locked"] for item in items}["visit"] is True
    assert all(item["is_on"] for item in items)
    answer = await phone.put("/preferences", {"items": [switch("survey", False)]})
    assert [item["category"] for item in answer["items"] if not item["is_on"]] == ["survey"]
    async with db.transaction():
        await hub.post(a_notice(kind=MessageClass.SURVEY), To(account_id=phone.account_id))
        await hub.post(a_notice(), To(account_id=phone.account_id))
    assert await of_channel("wechat_subscribe") == [("planned", "")]
    row = await db.fetch_one("SELECT skipped FROM message WHERE class = 'survey'")
    assert "preference" in row["skipped"]


async def test_what_waits_already_stays_when_it_is_switched_off(hospital, phone, monkeypatch):
    stand_in(monkeypatch, "wechat_subscribe")
    async with db.transaction():
        await hub.post(a_notice(kind=MessageClass.SURVEY), To(account_id=phone.account_id))
    await phone.put("/preferences", {"items": [switch("survey", False)]})
    assert await of_channel("wechat_subscribe") == [("suppressed", "preference")]
    await phone.put("/preferences", {"items": [switch("survey", True)]})
    assert all(item["is_on"] for item in (await phone.get("/preferences"))["items"])


async def test_what_concerns_a_visit_cannot_be_switched_off(phone):
    reply = await phone.refused("/preferences", {"items": [switch("visit", False)]}, method="PUT")
    assert (reply.status, reply.code) == (409, "visit_stays_on")
    assert await props.count("message_preference") == 0


async def test_nobody_switches_for_somebody_else(hospital, phone):
    await phone.put("/preferences", {"items": [switch("survey", False)]})
    other = await a_phone(hospital)
    assert all(item["is_on"] for item in (await other.get("/preferences"))["items"])


async def test_a_route_gets_a_new_version_and_keeps_the_old(admin, phone):
    before = await admin.get("/admin/routing")
    assert {route["name"]: route["version"] for route in before["routes"]}["visit"] == 0
    after = await admin.put("/admin/routes/visit", {"version": 0, "chain": CHAIN})
    route = next(route for route in after["routes"] if route["name"] == "visit")
    assert (route["version"], [step["channels"] for step in route["chain"]]) == (1, [["inbox"], ["wechat_subscribe"]])
    await admin.put("/admin/routes/visit", {"version": 1, "chain": CHAIN[:1]})
    found = await admin.get("/admin/routing/visit/versions")
    assert [item["version"] for item in found["items"]] == [2, 1]
    async with db.transaction():
        await hub.post(a_notice(), To(account_id=phone.account_id))
    assert (await the_message())["route"] == "visit:2"


async def test_who_saw_an_older_version_is_told_so(admin):
    await admin.put("/admin/routes/visit", {"version": 0, "chain": CHAIN})
    reply = await admin.refused("/admin/routes/visit", {"version": 0, "chain": CHAIN}, method="PUT")
    assert (reply.status, reply.code) == (412, "stale")


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        (
            "/admin/routes/visit",
            {"version": 0, "chain": [{"channels": ["pigeon"]}]},
            "/chain/0/channels/0",
            "unknown_channel",
        ),
        (
            "/admin/routes/visit",
            {"version": 0, "chain": [{"channels": ["inbox"], "wait_seconds": 9}]},
            "/chain/0/wait_seconds",
            "first_way_at_once",
        ),
        (
            "/admin/routes/visit",
            {"version": 0, "chain": [{"channels": ["inbox", "inbox"]}]},
            "/chain/0/channels",
            "twice",
        ),
        (
            "/admin/routing/caps",
            {"version": 0, "items": [{"applies_to": "visit", "hour": 9, "day": 3, "month": 20}]},
            "/items/0/day",
            "cap_out_of_order",
        ),
        (
            "/admin/routing/quiet-hours",
            {"version": 1, "items": [{"applies_to": "visit", "begins": "22:00", "ends": "22:00"}]},
            "/items/0/ends",
            "no_hours",
        ),
    ],
    ids=["channel", "first", "twice", "caps", "hours"],
)
async def test_what_could_not_work_is_refused(admin, path, body, pointer, code):
    reply = await admin.refused(path, body, method="PUT")
    assert reply.status == 422
    assert [(error["pointer"], error["code"]) for error in reply.body["errors"]] == [(pointer, code)]


async def test_quiet_hours_caps_and_times_are_saved(admin):
    quiet = {"applies_to": "visit", "begins": "22:30", "ends": "06:30", "breaks": ["urgent"], "late": "last_moment"}
    answer = await admin.put("/admin/routing/quiet-hours", {"version": 1, "items": [quiet]})
    found = {one["name"]: one for one in answer["settings"]}
    assert found["quiet_hours"]["value"]["visit"]["from"] == "22:30"
    assert found["quiet_hours"]["version"] == 2
    caps = {"applies_to": "visit", "hour": 1, "day": 2, "month": 3, "over": "wait"}
    answer = await admin.put("/admin/routing/caps", {"version": 0, "items": [caps]})
    assert {one["name"]: one for one in answer["settings"]}["caps"]["value"] == {
        "visit": {"hour": 1, "day": 2, "month": 3, "over": "wait"}
    }
    answer = await admin.put("/admin/routing/digest", {"version": 0, "times": ["17:30", "08:00"]})
    assert {one["name"]: one for one in answer["settings"]}["digest"]["value"] == {"times": ["08:00", "17:30"]}
    answer = await admin.put("/admin/routing/dedupe", {"version": 0, "minutes": 30})
    assert {one["name"]: one for one in answer["settings"]}["dedupe"]["value"] == {"seconds": 1800}
    refused = await admin.refused("/admin/routing/dedupe", {"version": 1, "minutes": -1}, method="PUT")
    assert [error["pointer"] for error in refused.body["errors"]] == ["/minutes"]


async def test_a_preview_shows_the_effect_and_saves_nothing(admin):
    quiet = [{"applies_to": "visit", "begins": "22:00", "ends": "07:00"}]
    body = {"name": "visit", "chain": CHAIN, "at": "23:00", "reach": ["wechat_subscribe"], "quiet_hours": quiet}
    ways = (await admin.post("/admin/routing/preview", body))["ways"]
    assert [(way["channel"], way["will"]) for way in ways] == [("inbox", "at_once"), ("wechat_subscribe", "held")]
    assert (ways[1]["reason"], ways[1]["at"][11:16]) == ("quiet_hours", "07:00")
    none = (await admin.post("/admin/routing/preview", {**body, "reach": []}))["ways"]
    assert none[1]["reason"] == "no_address"
    assert none[1]["reason_words"]
    assert await props.count("message") == 0
    assert await props.count("route") == 0


@pytest.mark.parametrize("role", ["guide", "supervisor"])
async def test_only_an_administrator_sets_routes(hospital, role):
    staff = await a_member_of_staff(hospital, role)
    assert (await staff.refused("/admin/routing", method="GET")).status == 403
    assert (await staff.refused("/admin/routes/visit", {"version": 0, "chain": CHAIN}, method="PUT")).status == 403


async def test_versions_are_only_added(hospital):
    await a_route("visit", {"channels": ["inbox"]})
    with pytest.raises(Exception, match="only added"):
        await db.fetch("UPDATE route SET chain = '[]'")
