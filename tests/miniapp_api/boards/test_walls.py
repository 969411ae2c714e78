"""What hangs on the wall: numbers or masked names, what is said for a call, who missed it, notices, broadcasts."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from miniapp_api.boards import models
from miniapp_api.boards.rules import said, spelled, spoken_name
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.scenes import a_scene, broken_invariants

TEXT = {"zh-CN": "三楼电梯检修，请走扶梯", "en": "The lift on the third floor is being repaired"}


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


async def wall(scene) -> dict:
    return await scene.guide.get(f"/queues/{scene.department_id}/board")


async def decides(scene, staff=None, **changes):
    staff = staff or await a_member_of_staff(scene.site, "supervisor")
    return await staff.call("PATCH", f"/queues/{scene.department_id}/board/settings", changes)


async def logged(scene) -> list[str]:
    rows = await db.fetch(
        "SELECT act FROM queue_event WHERE department_id = $1 AND kind = 'notice' ORDER BY seq", scene.department_id
    )
    return [row["act"] for row in rows]


def in_an_hour() -> str:
    return (time.now() + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(
    ("kind", "name", "language", "sentence"),
    [
        ("call", "", "zh-CN", "请 A 零 一 二 号到 2楼 3诊室 就诊"),
        ("call", "张*三", "zh-CN", "请 A 零 一 二 号，张某，到 2楼 3诊室 就诊"),
        ("call", "张*三", "zh-TW", "請 A 零 一 二 號，张某，到 2楼 3诊室 就診"),
        ("call", "张*三", "en", "Number A 0 1 2, please go to 2楼 3诊室"),
        ("recall", "J***", "zh-CN", "再次呼叫，请 A 零 一 二 号到 2楼 3诊室 就诊"),
        ("ready", "", "zh-CN", "请 A 零 一 二 号到 2楼 3诊室 门口候诊"),
        ("ready", "", "en", "Number A 0 1 2, please wait in front of 2楼 3诊室"),
    ],
)
def test_a_call_is_said_by_its_template_and_never_with_the_name(kind, name, language, sentence):
    assert said(kind, "A012", "2楼 3诊室", name=name)[language] == sentence


def test_figures_are_read_one_by_one_and_of_a_name_only_the_family():
    assert (spelled("E1001", "zh-CN"), spelled("E1001", "en")) == ("E 一 零 零 一", "E 1 0 0 1")
    assert (spoken_name("欧**四"), spoken_name("J***"), spoken_name("")) == ("欧某", "", "")


async def test_a_board_shows_numbers_alone_until_somebody_decides_otherwise(scene):
    await scene.arrives(name="张小三")
    await scene.arrives(name="李小四")
    await scene.doctor.calls_next(scene.room_id)
    shown = await wall(scene)
    assert [shown["called"][0]["name"], shown["next"][0]["name"], shown["last_calls"][0]["name"]] == ["", "", ""]
    assert shown["called"][0]["speech"]["zh-CN"] == "请 A 零 零 一 号到 门诊楼2层 2诊室 就诊"
    assert (await decides(scene, names="masked", spoken="family_name")).body["version"] == 1
    shown = await wall(scene)
    assert [shown["called"][0]["name"], shown["next"][0]["name"], shown["last_calls"][0]["name"]] == [
        "张*三",
        "李*四",
        "张*三",
    ]
    assert shown["called"][0]["speech"]["zh-CN"] == "请 A 零 零 一 号，张某，到 门诊楼2层 2诊室 就诊"


async def test_who_is_shown_by_number_is_not_called_by_name(scene):
    await decides(scene, names="masked", spoken="family_name")
    assert (await decides(scene, names="numbers")).body["spoken"] == "number"
    with pytest.raises(Exception, match="board_setting_says_no_more"):
        await db.fetch(
            models.DECIDE, scene.department_id, 9, "numbers", ["en"], False, True, "family_name", ["en"], None
        )


async def test_settings_are_decided_for_ones_department_and_on_what_was_seen(scene):
    head = await a_member_of_staff(scene.site, "department_head", department_id=await props.a_department())
    assert (await decides(scene, head, voice=False)).status == 403
    assert (await decides(scene, scene.guide, voice=False)).status == 403
    supervisor = await a_member_of_staff(scene.site, "supervisor")
    path = f"/queues/{scene.department_id}/board/settings"
    assert (await supervisor.call("PATCH", path, {"voice": False}, If_Match='"0"')).status == 200
    stale = await supervisor.call("PATCH", path, {"voice": True}, If_Match='"0"')
    assert (stale.status, stale.body["resource"]["voice"]) == (412, False)
    wrong = await supervisor.call("PATCH", path, {"languages": []})
    assert wrong.status == 422
    both = await asyncio.gather(*(supervisor.call("PATCH", path, {"alternates": True}) for _ in range(4)))
    assert {reply.status for reply in both} <= {200, 409}
    assert (await supervisor.get(path))["version"] == 1 + sum(reply.status == 200 for reply in both)


async def test_who_missed_a_call_finds_number_and_room_on_the_board(scene, clock):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    await clock.forward(minutes=1)
    await scene.doctor.post(f"/tickets/{ticket['id']}/recall")
    await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over")
    shown = await wall(scene)
    assert (shown["called"], shown["missed"]) == ([], ["A001"])
    assert [(call["number"], call["room"]) for call in shown["last_calls"]] == [("A001", "2诊室")]


async def test_a_recall_says_that_it_is_one(scene, clock):
    await scene.arrives()
    ticket = await scene.doctor.calls_next(scene.room_id)
    assert (await wall(scene))["called"][0]["kind"] == "call"
    await clock.forward(minutes=1)
    await scene.doctor.post(f"/tickets/{ticket['id']}/recall")
    call = (await wall(scene))["called"][0]
    assert (call["kind"], call["speech"]["en"][:13]) == ("recall", "Calling again")


async def test_a_notice_stands_until_its_end_and_is_in_the_log(scene, clock):
    path = f"/queues/{scene.department_id}/notices"
    posted = await scene.guide.post(path, {"text": TEXT, "until": in_an_hour()})
    assert [notice["texts"] for notice in (await wall(scene))["notices"]] == [TEXT]
    assert [each["by_name"] for each in (await scene.guide.get(path))["items"]] != [None]
    other = await scene.guide.post(path, {"text": {"zh-CN": "今日停诊调整"}, "until": in_an_hour()})
    await scene.guide.post(f"/board-messages/{other['id']}/ending")
    assert len((await wall(scene))["notices"]) == 1
    await clock.forward(minutes=61)
    assert (await wall(scene))["notices"] == []
    over = await scene.guide.refused(f"/board-messages/{posted['id']}/ending")
    assert (over.status, over.code) == (409, "message_over")
    assert await logged(scene) == ["posted", "posted", "ended"]


async def test_a_notice_needs_an_end_in_the_future_and_somebody_of_the_department(scene):
    path = f"/queues/{scene.department_id}/notices"
    past = await scene.guide.refused(path, {"text": TEXT, "until": (time.now() - timedelta(minutes=1)).isoformat()})
    assert (past.status, past.body["errors"][0]["pointer"]) == (422, "/until")
    assert (await scene.guide.refused(path, {"text": {"en": "no Chinese"}, "until": in_an_hour()})).status == 422
    assert (await scene.doctor.refused(path, {"text": TEXT, "until": in_an_hour()})).status == 403
    stranger = await a_member_of_staff(scene.site, "supervisor", department_id=await props.a_department())
    assert (await stranger.refused(path, {"text": TEXT, "until": in_an_hour()})).status == 403
    assert (await scene.guide.refused(f"/board-messages/{uuid4()}/ending")).status == 404


async def test_a_broadcast_fills_every_board_until_it_is_ended(scene):
    supervisor = await a_member_of_staff(scene.site, "supervisor")
    unconfirmed = {"text": TEXT, "department_id": None}
    assert (await supervisor.refused("/broadcasts", unconfirmed)).status == 422
    running = await supervisor.post("/broadcasts", {**unconfirmed, "confirmed": True})
    shown = (await wall(scene))["broadcast"]
    assert (shown["texts"], shown["is_whole"]) == (TEXT, True)
    await supervisor.post(f"/board-messages/{running['id']}/ending")
    assert (await wall(scene))["broadcast"] is None
    assert await logged(scene) == ["broadcast", "ended"]
    assert await broken_invariants(WIRING) == []


async def test_the_whole_hospital_is_for_who_works_for_all_of_it(scene):
    of_one = await a_member_of_staff(scene.site, "guide", department_id=scene.department_id)
    body = {"text": TEXT, "confirmed": True}
    assert (await of_one.refused("/broadcasts", body)).status == 403
    own = await of_one.post("/broadcasts", {**body, "department_id": str(scene.department_id)})
    assert (own["department_id"], (await wall(scene))["broadcast"]["is_whole"]) == (str(scene.department_id), False)


async def two_broadcasts_at_once(scene) -> None:
    """Two people see smoke at one moment: one broadcast runs, the other person hears so."""
    supervisor = await a_member_of_staff(scene.site, "supervisor")
    body = {"text": TEXT, "department_id": str(scene.department_id), "confirmed": True}
    replies = await asyncio.gather(
        *(supervisor.call("POST", "/broadcasts", body, Idempotency_Key=str(uuid4())) for _ in range(6))
    )
    assert sorted(reply.status for reply in replies) == [201, 409, 409, 409, 409, 409]
    assert {reply.code for reply in replies if reply.status == 409} == {"broadcast_runs"}


async def test_one_broadcast_at_a_time(scene):
    await two_broadcasts_at_once(scene)


@pytest.mark.mutant
async def test_without_the_index_two_broadcasts_would_run(scene):
    index = await db.fetch_one("SELECT indexdef FROM pg_indexes WHERE indexname = 'board_message_one_broadcast'")
    await db.fetch("DROP INDEX board_message_one_broadcast")
    try:
        with pytest.raises(AssertionError):
            await two_broadcasts_at_once(scene)
    finally:
        await db.fetch("DELETE FROM board_message")
        await db.fetch(index["indexdef"])


async def test_two_end_a_broadcast_at_once_and_one_of_them_did(scene):
    running = await scene.guide.post("/broadcasts", {"text": TEXT, "confirmed": True})
    path = f"/board-messages/{running['id']}/ending"
    replies = await asyncio.gather(
        *(scene.guide.call("POST", path, {}, Idempotency_Key=str(uuid4())) for _ in range(4))
    )
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
    assert await logged(scene) == ["broadcast", "ended"]


async def test_departments_share_a_wall(scene):
    other = await a_scene(scene.site, starts_at=time.at(time.today(), 9, 10))
    await db.fetch("UPDATE department SET name = '呼吸内科' WHERE id = $1", other.department_id)
    await scene.arrives()
    await other.arrives()
    await other.arrives()
    ids = f"{scene.department_id},{other.department_id}"
    shown = await scene.guide.get(f"/boards?departments={ids}")
    assert (shown["waiting"], len(shown["rooms"])) == (3, 2)
    assert [ticket["number"] for ticket in shown["next"]] == ["A001", "A001", "A002"]
    assert len({ticket["department"] for ticket in shown["next"]}) == 2
    assert (await scene.guide.call("GET", "/boards?departments=rubbish")).status == 422
    assert (await scene.guide.call("GET", f"/boards?departments={uuid4()}")).status == 404
    many = ",".join(str(uuid4()) for _ in range(7))
    assert (await scene.guide.call("GET", f"/boards?departments={many}")).status == 422
