"""The order of a department: decided in versions, kept by who waits, explained with the numbers of its time."""

import asyncio
import random
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

import orjson
import pytest

from miniapp_api.queue.order import settings as order_settings
from server import clock as time
from server import db
from server.accounts import SignedInStaff
from server.errors import SomeoneWasFaster
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.miniapp_api.scenes import a_scene
from tests.mutants import Mutant, is_killed


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


@pytest.fixture
async def head(scene):
    return await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)


def path(scene, more=""):
    return f"/admin/queue-rules/{scene.department_id}{more}"


async def decides(head, scene, version=0, policy="arrival", why="先到先看", **numbers):
    body = {"policy": policy, "settings": numbers, "why": why}
    return await head.call("PUT", path(scene), body, If_Match=f'"{version}"')


async def ticket(row_id):
    return await db.fetch_one("SELECT * FROM ticket WHERE id = $1", row_id)


async def test_without_a_decision_the_default_holds(scene, head):
    found = await head.get(path(scene))
    assert (found["version"], found["policy"], found["bound_minutes"], found["history"]) == (0, "head_start", 60, [])
    assert found["promise"] == "比您晚到 60 分钟以上的普通患者，不会排在您前面。"
    assert {policy["name"] for policy in found["policies"]} == {"head_start", "arrival", "appointment"}


async def test_a_decision_holds_for_who_comes_from_now_on(scene, head, clock):
    early = await scene.walks_in()
    said = await decides(head, scene)
    assert (said.status, said.body["version"], said.body["policy"]) == (200, 1, "arrival")
    await clock.forward(minutes=1)
    late = await scene.walks_in()
    _, _, booked = await scene.arrives()
    rows = [await ticket(one["id"]) for one in (early, late, booked)]
    assert [(row["rule"], row["rule_version"]) for row in rows] == [("walk_in", 0), ("arrival", 1), ("arrival", 1)]
    assert rows[0]["sort_at"] == rows[0]["checked_in_at"] + timedelta(minutes=20)
    assert rows[1]["sort_at"] == rows[1]["checked_in_at"]
    assert await scene.waiting() == [late["number"], booked["number"], early["number"]]
    found = await head.get(path(scene))
    assert [(one["version"], one["why"], one["policy"]) for one in found["history"]] == [(1, "先到先看", "arrival")]
    line = await db.fetch_one("SELECT state, rule_version FROM queue_event WHERE act = 'reordered'")
    assert (orjson.loads(line["state"])["name"], line["rule_version"]) == ("arrival", 1)


async def decide_twice_at_once(head, scene):
    """Of two who saw the same rule one decides, and the other one hears of it."""
    body = {"policy": "arrival", "settings": {}, "why": "-"}
    replies = await asyncio.gather(*(head.call("PUT", path(scene), body) for _ in range(6)))
    done = [reply for reply in replies if reply.status == 200]
    assert {reply.status for reply in replies} <= {200, 409}
    found = await head.get(path(scene))
    assert [one["version"] for one in found["history"]] == list(range(len(done), 0, -1))
    seen = order_settings.rule_from("head_start", {}, 0)
    staff = SignedInStaff(id=UUID(head.staff_id), name="主任", grants=())
    try:
        await order_settings.decide(scene.department_id, seen, why="-", staff=staff)
    except SomeoneWasFaster:
        return
    raise AssertionError("a rule was decided on top of one that was not seen")


async def test_two_who_decide_at_once_hear_of_each_other(scene, head):
    await decide_twice_at_once(head, scene)
    stale = await decides(head, scene, version=0)
    assert (stale.status, stale.body["resource"]["policy"]) == (412, "arrival")


@pytest.mark.mutant
async def test_a_decision_that_looks_at_no_version_is_noticed(scene, head, monkeypatch):
    latest = "(SELECT coalesce(max(version), 0) + 1 FROM queue_rule WHERE department_id = $1) + 0 * $2::integer"
    edits = (("VALUES ($1, $2,", f"VALUES ($1, {latest},"),)
    mutant = Mutant("the version that was seen", order_settings, "_DECIDE", edits, decide_twice_at_once)
    await is_killed(mutant, monkeypatch, head, scene)


async def test_a_decided_rule_never_changes_and_keeps_its_limits(scene, head):
    await decides(head, scene)
    for statement in (
        "UPDATE queue_rule SET policy = 'appointment' WHERE department_id = $1",
        "DELETE FROM queue_rule WHERE department_id = $1",
        "INSERT INTO queue_rule (department_id, version, policy, settings, at, why)"
        """ VALUES ($1, 2, 'arrival', '{"help_minutes": 61}', app_now(), '-')""",
    ):
        with pytest.raises(Exception, match=r"never changes|queue_rule_within_limits"):
            await db.fetch(statement, scene.department_id)
    refused = await decides(head, scene, version=1, help_minutes=61)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/settings/help_minutes")
    assert (await decides(head, scene, version=1, why=" ")).status == 422


async def test_heads_decide_for_their_own_department_only(scene, head):
    other = await props.a_department(name="眼科")
    assert [one["department"] for one in (await head.get("/admin/queue-rules"))["items"]] == ["心血管内科"]
    assert (await head.refused(f"/admin/queue-rules/{other}", method="GET")).status == 403
    body = {"policy": "arrival", "why": "-"}
    assert (await head.refused(f"/admin/queue-rules/{other}", body, method="PUT")).status == 403
    for role in ("guide", "supervisor"):
        somebody = await a_member_of_staff(scene.site, role)
        assert (await somebody.refused(path(scene), body, method="PUT")).status == 403
    admin = await a_member_of_staff(scene.site, "admin")
    assert len((await admin.get("/admin/queue-rules"))["items"]) == 2
    assert (await admin.call("PUT", path(scene), body)).status == 200


async def test_a_look_says_whom_a_rule_would_have_moved_and_moves_nobody(scene, head, clock):
    first = await scene.walks_in()
    await clock.forward(minutes=1)
    _, _, booked = await scene.arrives()
    before = await scene.waiting()
    assert before == [booked["number"], first["number"]]
    look = await head.post(path(scene, "/preview"), {"policy": "arrival"})
    assert (look["waiting"], look["bound_minutes"]) == (2, 40)
    assert look["moved"] == [
        {"number": booked["number"], "before": 1, "after": 2},
        {"number": first["number"], "before": 2, "after": 1},
    ]
    assert "2 人会排在别的位置" in look["text"]
    assert "完全一样" in (await head.post(path(scene, "/preview"), {"policy": "head_start"}))["text"]
    assert await scene.waiting() == before
    assert (await head.get(path(scene)))["version"] == 0


# ---- why ------------------------------------------------------------------------------------------------------------


def reckoned(step) -> datetime:
    """Reckon an instant again from what the explanation says."""

    def moment(name):
        return datetime.fromisoformat(step[name]) if step[name] else None

    at = moment("start") + timedelta(minutes=step["shift_minutes"])
    if step["not_after"]:
        at = min(at, moment("not_after"))
    if step["not_before"]:
        at = max(at, moment("not_before"))
    return at - timedelta(minutes=step["help_minutes"])


async def a_busy_morning(scene, head, clock):
    """People come in every way, are called, miss it, come back, are handed on; the rule changes twice."""
    dice = random.Random(7)
    for policy in ("head_start", "arrival", "appointment"):
        if policy != "head_start":
            version = (await head.get(path(scene)))["version"]
            assert (await decides(head, scene, version, policy, help_minutes=dice.randint(5, 40))).status == 200
        for _ in range(2):
            await clock.forward(seconds=dice.randint(1, 400))
            await scene.arrives()
            await scene.walks_in(flags=dice.choice([[], ["elderly"], ["wheelchair"]]))
        called = await scene.doctor.calls_next(scene.room_id)
        if policy == "head_start":
            await scene.doctor.post(f"/tickets/{called['id']}/pass-over")
            await clock.forward(seconds=30)
            await scene.guide.post(f"/tickets/{called['id']}/return")
            continue
        await scene.doctor.post(f"/tickets/{called['id']}/start")
        await scene.doctor.post(f"/tickets/{called['id']}/stage", {"stage": "examination", "place": "2层"})
        await clock.forward(minutes=9)
        await scene.guide.post(f"/tickets/{called['id']}/return")
    waiting = (await scene.queue())["tickets"]
    for one, body in zip(waiting[:3], ({}, {"wish": True}, None), strict=True):
        if body is None:
            await scene.guide.post(f"/tickets/{one['id']}/triage", {"flags": ["pregnant"]})
        else:
            await scene.guide.post(
                f"/tickets/{one['id']}/transfer", {"department_id": str(scene.department_id), **body}
            )


async def test_every_pair_is_explained_by_numbers_that_give_the_order_again(scene, head, clock):
    await a_busy_morning(scene, head, clock)
    order = "SELECT id, label, sort_at, rule_version, rule FROM ticket ORDER BY sort_class, sort_at, number"
    rows = await db.fetch(order)
    assert {"band", "walk_in", "arrival", "appointment", "recall", "return", "transfer", "wish"} <= {
        row["rule"] for row in rows
    }
    assert {row["rule_version"] for row in rows} == {0, 1, 2}
    for first, second in combinations(rows, 2):
        said = await scene.guide.get(f"/tickets/{second['id']}/explanation?against={first['id']}")
        assert said["is_before"] is False
        assert (said["first"]["number"], said["second"]["number"]) == (first["label"], second["label"])
        assert said["text"].startswith(f"{first['label']} 在 {second['label']} 之前：")
        for row, one in ((first, said["first"]), (second, said["second"])):
            assert (one["rule_version"], one["rule"]) == (row["rule_version"], row["rule"])
            assert [reckoned(step) for step in one["steps"]] == [
                datetime.fromisoformat(step["sort_at"]) for step in one["steps"]
            ]
            assert reckoned(one["steps"][-1]) == datetime.fromisoformat(one["sort_at"]) == row["sort_at"]
            assert "{" not in said["text"]
    for language in ("zh-TW", "en"):
        said = await scene.guide.get(
            f"/tickets/{rows[0]['id']}/explanation?against={rows[-1]['id']}", Accept_Language=language
        )
        assert rows[0]["label"] in said["text"]


async def test_who_was_called_first_although_behind_is_explained(scene, clock):
    walk_in = await scene.walks_in()
    await scene.doctor.calls_next(scene.room_id)
    await clock.forward(minutes=1)
    _, _, booked = await scene.arrives()
    said = await scene.guide.get(f"/tickets/{booked['id']}/explanation?against={walk_in['id']}")
    assert said["is_before"] is True
    assert said["notes"] == ["A001 于 09:00:00 先被叫号：当时 A002 还没有这个位置（09:01:00 才有）。"]


async def test_a_patient_hears_why_in_plain_words_and_nothing_of_others(scene, clock):
    person, booked = await scene.books()
    before = await person.get(f"/appointments/{booked}/queue/explanation")
    assert (before["number"], before["lines"]) == (None, ["您还没有报到。报到后会在这里说明您的位置。"])
    helped = await scene.walks_in(flags=["elderly"], patient={"name": "张小三"})
    await clock.forward(minutes=12)
    await scene.guide.scans(await person.code(booked))
    why = await person.get(f"/appointments/{booked}/queue/explanation")
    assert (why["number"], why["ahead"], why["ahead_numbers"]) == ("A002", 1, [helped["number"]])
    assert why["lines"][0].startswith("您预约了 09:10–09:40，09:12 报到。")
    assert why["lines"][1].startswith("您前面有 1 位。")
    assert why["promise"] == "比您晚到 60 分钟以上的普通患者，不会排在您前面。急诊患者优先，敬请谅解。"
    assert "张" not in orjson.dumps(why).decode()
    stranger = await a_patient_by_row(scene.site)
    assert (await stranger.refused(f"/appointments/{booked}/queue/explanation", method="GET")).status == 404
