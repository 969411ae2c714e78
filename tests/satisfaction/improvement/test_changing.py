"""What of an improvement may be changed, by whom and until when; and what shows that it was done."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from server import clock, db
from tests import props
from tests.cast import a_member_of_staff
from tests.satisfaction.attachments.samples import picture
from tests.satisfaction.attachments.sending import a_file
from tests.satisfaction.improvement.conftest import CAUSE


async def by_hand(ward, department_id, **more) -> dict:
    """An improvement that a person proposed."""
    body = {"title": "换叫号机", "department_id": str(department_id), "metric": "complaint_rate", "cause_code": CAUSE}
    return await ward.supervisor.post("/improvements", body | more)


async def a_whole_head(hospital):
    """A supervisor of the whole hospital."""
    return await a_member_of_staff(hospital, "supervisor")


async def patched(client, item: dict, **values) -> dict:
    reply = await client.call("PATCH", f"/improvements/{item['id']}", values)
    assert reply.status == 200, reply.body
    return reply.body


async def codes(client, item: dict, **values) -> list[str]:
    reply = await client.call("PATCH", f"/improvements/{item['id']}", values)
    assert reply.status == 422, reply.body
    return [one["code"] for one in reply.body["errors"]]


async def test_before_the_start_everything_is_changed_and_stands_in_the_history(ward, past, hospital):
    item = await by_hand(ward, past.department_id)
    assert ("change" in item["acts"], item["fixed"]) == (True, {})
    due = (clock.today() + timedelta(days=40)).isoformat()
    elsewhere = await props.a_department(name="另一科室")
    boss = await a_whole_head(hospital)
    now = await patched(boss, item, title="换新叫号机", department_id=str(elsewhere), expected_change=0.4, due_on=due)
    assert (now["title"], now["department_name"], now["expected_change"]) == ("换新叫号机", "另一科室", 0.4)
    note = now["notes"][-1]
    assert (note["kind"], note["by_name"] != "") == ("changed", True)
    said = {one["name"]: (one["was"], one["now"]) for one in note["changes"]}
    assert said["title"] == ("换叫号机", "换新叫号机")
    assert said["due_on"] == ("", due)
    assert said["department_id"][1] == "另一科室"
    again = await patched(boss, item, title="换新叫号机")
    assert (again["version"], len(again["notes"])) == (now["version"], len(now["notes"]))  # nothing was changed


async def test_what_the_verdict_is_measured_by_is_fixed_at_the_start_and_the_refusal_says_so(ward, past, hospital):
    item = await by_hand(ward, past.department_id)
    await past.accepted(item["id"])
    path, boss = f"/improvements/{item['id']}", await a_whole_head(hospital)
    started = await ward.head.post(f"{path}/start")
    assert started["fixed"] == dict.fromkeys(("department_id", "measure", "expected_change"), "fixed_at_the_start")
    elsewhere = str(await props.a_department())
    assert (
        await codes(boss, item, measure="别的", expected_change=0.1, department_id=elsewhere)
        == ["fixed_at_the_start"] * 3
    )
    due = (clock.today() + timedelta(days=60)).isoformat()
    assert (await patched(ward.supervisor, item, title="新名称", due_on=due))["due_on"] == due
    assert await codes(ward.supervisor, item, due_on=clock.today().isoformat()) == ["in_the_past"]
    await ward.head.post(f"{path}/completion", {"text": "已落实"})
    over = await ward.supervisor.call("PATCH", path, {"title": "太晚"})
    assert (over.status, over.body["code"]) == (409, "illegal_move")
    assert "change" not in (await ward.supervisor.get(path))["acts"]


async def test_what_its_own_complaints_raised_stays_in_the_department(ward, past):
    item = await past.proposed()
    assert item["is_automatic"]
    shown = await ward.supervisor.get(f"/improvements/{item['id']}")
    assert shown["fixed"] == {"department_id": "its_own_cases"}
    assert await codes(ward.supervisor, item, department_id=str(await props.a_department())) == ["its_own_cases"]


async def test_nobody_moves_it_to_where_they_do_not_lead(ward, past, hospital):
    item = await by_hand(ward, past.department_id)
    local = await a_member_of_staff(hospital, "supervisor", department_id=past.department_id)
    elsewhere = str(await props.a_department())
    assert await codes(local, item, department_id=elsewhere) == ["unknown_department"]
    assert await codes(ward.supervisor, item, department_id=str(uuid4())) == ["unknown_department"]


async def test_the_slower_of_two_is_told(ward, past):
    item = await by_hand(ward, past.department_id)
    seen = {"If-Match": f'"{item["version"]}"'}
    path = f"/improvements/{item['id']}"
    replies = await asyncio.gather(
        *(ward.supervisor.call("PATCH", path, {"title": f"名称{n}"}, **seen) for n in range(2))
    )
    assert sorted(reply.status for reply in replies)[0] == 200
    assert sorted(reply.status for reply in replies)[1] in (409, 412)
    late = await ward.supervisor.call("PATCH", path, {"title": "更晚"}, **seen)
    assert (late.status, late.body["resource"]["version"]) == (412, item["version"] + 1)


# ---- evidence ------------------------------------------------------------------------------------------------------


async def test_evidence_carries_files_and_addresses_with_who_and_when(ward, past, hospital):
    item = await past.proposed()
    nurse = await a_member_of_staff(hospital, "room", department_id=past.department_id)
    await past.accepted(item["id"])
    await db.fetch("UPDATE improvement SET owner_id = $1", UUID(nurse.staff_id))
    path = f"/improvements/{item['id']}"
    await nurse.post(f"{path}/start")
    file = await a_file(nurse)
    body = {"text": "新叫号屏", "attachment_ids": [file], "links": ["https://oa.hospital.example/doc/12"]}
    (evidence,) = (await nurse.post(f"{path}/evidence", body))["evidence"]
    assert (evidence["links"], evidence["by_name"] != "", evidence["at"] != "") == (body["links"], True, True)
    (shown,) = evidence["files"]
    assert (shown["id"], shown["kind"], shown["state"]) == (file, "picture", "shown")
    assert (await ward.supervisor.call("GET", f"{path}/files/{file}")).status == 200
    stranger = await a_member_of_staff(hospital, "supervisor", department_id=await props.a_department())
    assert (await stranger.call("GET", f"{path}/files/{file}")).status == 404
    assert (await stranger.call("GET", f"/attachments/{file}")).status == 404
    assert (await ward.supervisor.call("GET", f"/attachments/{file}")).status == 404  # only by its improvement
    assert (await nurse.refused(f"{path}/evidence", body)).status == 404  # one file, one place
    assert (await nurse.call("DELETE", f"/attachments/{file}")).status == 404
    done = await nurse.post(f"{path}/completion", {"attachment_ids": [await a_file(nurse, picture(size=(40, 30)))]})
    assert done["evidence"][-1]["text"] == "（图片 1 张）"


async def test_evidence_takes_only_files_of_ones_own_and_only_real_addresses(ward, past):
    item = await past.proposed()
    await past.accepted(item["id"])
    path = f"/improvements/{item['id']}/evidence"
    assert (
        await ward.head.refused(path, {"text": "x", "attachment_ids": [await a_file(ward.supervisor)]})
    ).status == 404
    for link in ("javascript:alert(1)", "oa.hospital.example", 'https://a.example/"onclick='):
        assert (await ward.head.refused(path, {"text": "x", "links": [link]})).status == 422
    six = [f"https://a.example/{n}" for n in range(6)]
    assert (await ward.head.refused(path, {"text": "x", "links": six})).status == 422
    assert (await ward.head.refused(path, {"links": six[:1]})).status == 422  # evidence says what it is
    assert await props.count("improvement_evidence") == 0


async def test_a_file_of_evidence_is_of_its_own_improvement_alone(ward, past):
    item, other = await past.proposed(), await by_hand(ward, past.department_id)
    await past.accepted(item["id"])
    file = await a_file(ward.head)
    await ward.head.post(f"/improvements/{item['id']}/evidence", {"text": "照片", "attachment_ids": [file]})
    assert (await ward.supervisor.call("GET", f"/improvements/{other['id']}/files/{file}")).status == 404


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("complaint_id = (SELECT id FROM complaint LIMIT 1)", "attachment_bound_as_a_whole"),
        ("bound_at = NULL", "attachment_bound_as_a_whole"),
    ],
    ids=["two owners", "half bound"],
)
async def test_a_file_has_one_owner(ward, past, change, constraint):
    item = await past.proposed()
    await past.accepted(item["id"])
    file = await a_file(ward.head)
    await ward.head.post(f"/improvements/{item['id']}/evidence", {"text": "照片", "attachment_ids": [file]})
    with pytest.raises(IntegrityError) as refused:
        await db.fetch(f"UPDATE attachment SET {change}")
    assert db.violated(refused.value) == constraint


async def test_two_files_of_evidence_do_not_share_a_place(ward, past):
    item = await past.proposed()
    await past.accepted(item["id"])
    files = [await a_file(ward.head, picture(size=(20 + n, 20))) for n in range(2)]
    await ward.head.post(f"/improvements/{item['id']}/evidence", {"text": "照片", "attachment_ids": files})
    with pytest.raises(IntegrityError) as refused:
        await db.fetch("UPDATE attachment SET place = 1")
    assert db.violated(refused.value) == "attachment_one_a_slot_of_evidence"
