"""The library: drafted at the end of a complaint, edited by one, approved by another, found by everybody."""

from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

ANSWER = {"finding": "当天叫号系统故障，王敏医生临时顶班。", "action": "已修复并增设人工引导。", "responsible": "陈静"}
TEXT = "我叫张小三，11月21日在心血管内科等了两个小时没有叫号，电话13800138000，王主任说再等等。"
CASE = {
    "title": "叫号系统故障导致久等",
    "story": "患者候诊两小时，屏幕没有更新，没有人说明原因。",
    "finding": "叫号系统故障，没有备用办法。",
    "action": "修复系统，增设人工引导。",
    "prevention": "故障十分钟内改为人工叫号，每季度演练一次。",
}


async def closed(ward, *, cause: str = "information.system.down", text: str = TEXT, patient=None) -> str:
    """A complaint that has ended with its causes set; its id."""
    complaint_id = await ward.complaint(patient, text=text, topic="等候时间")
    path = f"/complaints/{complaint_id}"
    await ward.handler.put(f"{path}/causes", {"causes": [{"code": cause}]})
    await ward.handler.post(f"{path}/findings", {"kind": "remedy", "text": "陈静负责每季度演练一次人工叫号。"})
    await ward.handler.post(f"{path}/answer", ANSWER)
    await (patient or ward.patient).post(f"{path}/confirmation", {"satisfied": True})
    await ward.run("relay")
    return complaint_id


async def draft_of(ward, complaint_id: str) -> str:
    """The draft that a complaint left; its id."""
    drafts = (await ward.supervisor.get("/case-library/drafts"))["items"]
    return next(one["id"] for one in drafts if one["complaint_id"] == complaint_id)


async def published(ward, case: dict | None = None, **complaint) -> str:
    """A case that was written by the handler and approved by the supervisor."""
    case_id = await draft_of(ward, await closed(ward, **complaint))
    await ward.head.put(f"/case-library/{case_id}", case or CASE)
    await ward.supervisor.post(f"/case-library/{case_id}/publication")
    return case_id


async def found(client, words: str, **narrowing: str) -> list[str]:
    more = "".join(f"&{name}={value}" for name, value in narrowing.items())
    return [one["title"] for one in (await client.get(f"/case-library?q={words}{more}"))["items"]]


async def test_a_draft_is_made_without_who_it_was(ward):
    case_id = await draft_of(ward, await closed(ward))
    draft = await ward.supervisor.get(f"/case-library/{case_id}")
    assert draft["title"] == "等候时间：系统故障"
    assert draft["prevention"].endswith("负责每季度演练一次人工叫号。")
    assert draft["action"] == ANSWER["action"]
    for word in ("张小三", "王敏", "陈静", "13800138000", "11月21日", "心血管", "王主任"):
        assert word not in str(draft)
    kept = await db.fetch_one("SELECT title || story || finding AS open, words FROM library_case")
    assert kept == {"open": "", "words": None}


async def test_one_writes_another_approves_everybody_finds(ward, hospital):
    case_id = await draft_of(ward, await closed(ward))
    path = f"/case-library/{case_id}"
    assert (await ward.supervisor.refused(f"{path}/publication")).code == "needs_another"  # nobody has read it yet
    await ward.supervisor.put(path, CASE)
    assert (await ward.supervisor.refused(f"{path}/publication")).code == "needs_another"
    assert (await ward.handler.refused(f"{path}/publication")).status == 403
    assert await found(ward.handler, "叫号故障") == []
    shown = await ward.head.post(f"{path}/publication")
    assert (shown["state"], shown["cause_code"]) == ("published", "information.system.down")
    reader = await a_member_of_staff(hospital, "customer_service", department_id=await props.a_department())
    assert await found(reader, "叫号故障") == [CASE["title"]]
    case = await reader.get(path)
    assert (case["story"], case["complaint_id"]) == (CASE["story"], None)  # of another department: no way down
    assert (await ward.supervisor.get(path))["complaint_id"] is not None
    assert await ward.broken_invariants() == []


async def test_what_says_who_it_was_is_not_published(ward):
    case_id = await draft_of(ward, await closed(ward))
    path = f"/case-library/{case_id}"
    await ward.head.put(path, CASE | {"story": "张小三找王敏医生，11月21日，电话13800138000。"})
    refusal = await ward.supervisor.refused(f"{path}/publication")
    assert (refusal.status, refusal.body["errors"][0]["pointer"]) == (422, "/story")
    assert "姓名" in refusal.body["errors"][0]["detail"]
    assert await found(ward.handler, "王敏") == []


async def test_an_edited_case_is_approved_anew_and_a_withdrawn_one_is_gone(ward):
    case_id = await published(ward)
    path = f"/case-library/{case_id}"
    await ward.supervisor.put(path, CASE | {"title": "叫号屏停了没有人管"})
    assert await found(ward.handler, "叫号") == []
    await ward.head.post(f"{path}/publication")
    assert await found(ward.handler, "叫号屏") == ["叫号屏停了没有人管"]
    await ward.supervisor.post(f"{path}/withdrawal", {"reason": "重复"})
    assert await found(ward.handler, "叫号屏") == []
    assert (await ward.supervisor.refused(path, CASE, method="PUT")).code == "illegal_move"
    assert await ward.broken_invariants() == []


@pytest.mark.parametrize(
    "words",
    ["叫号系统", "叫號系統", "叫号　系统", "故障", "屏", "教号系统"],
    ids=["as-written", "traditional", "wide-space", "one-word", "one-sign", "homophone"],
)
async def test_it_is_found_however_it_is_typed(ward, words):
    await published(ward)
    assert await found(ward.handler, words) == [CASE["title"]]
    assert await found(ward.handler, "停车收费") == []


async def test_it_is_narrowed_by_cause_and_month(ward):
    await published(ward)
    assert await found(ward.handler, "叫号", cause="information") == [CASE["title"]]
    assert await found(ward.handler, "叫号", cause="fee") == []
    assert await found(ward.handler, "叫号", month="2001-01") == []
    assert (await ward.handler.get("/case-library?cause=information.system"))["items"][0]["title"] == CASE["title"]
    for query in ("month=2026-13", "month=0000-01", "month=٢٠٢٦-01", "cause=A;B", "q=" + "长" * 101):
        assert (await ward.handler.refused(f"/case-library?{query}", method="GET")).status == 422


async def test_similar_cases_are_shown_while_a_complaint_is_handled(ward, hospital):
    await published(ward)
    other = await a_patient_by_row(hospital)
    complaint_id = await ward.complaint(other, text="叫号系统坏了，屏幕一直没有更新，等了三个小时没有人说明。")
    similar = (await ward.handler.get(f"/complaints/{complaint_id}/similar"))["items"]
    assert [one["title"] for one in similar] == [CASE["title"]]
    assert similar[0]["prevention"] == CASE["prevention"]
    unlike = await ward.complaint(other, text="停车场收费太贵。")
    assert (await ward.handler.get(f"/complaints/{unlike}/similar"))["items"] == []


async def test_who_is_barred_from_a_complaint_finds_nothing_of_it(ward, hospital):
    encounter_id = await ward.visit()
    barred = await a_member_of_staff(hospital, "supervisor", practitioner_id=ward.slot.practitioner_id)
    complaint_id = (await ward.patient.post("/complaints", {"text": TEXT, "encounter_id": str(encounter_id)}))["id"]
    path = f"/complaints/{complaint_id}"
    await ward.handler.put(f"{path}/causes", {"causes": [{"code": "information.system.down"}]})
    await ward.handler.post(f"{path}/answer", ANSWER)
    await ward.patient.post(f"{path}/confirmation", {"satisfied": True})
    await ward.run("relay")
    case_id = await draft_of(ward, complaint_id)
    await ward.head.put(f"/case-library/{case_id}", CASE)
    assert (await barred.refused(f"/case-library/{case_id}/publication")).status == 404
    await ward.supervisor.post(f"/case-library/{case_id}/publication")
    assert await found(ward.handler, "叫号") == [CASE["title"]]
    assert await found(barred, "叫号") == []
    assert (await barred.get("/case-library"))["items"] == []
    assert (await barred.refused(f"/case-library/{case_id}", method="GET")).status == 404
    own = await ward.complaint(await a_patient_by_row(hospital), text="叫号系统坏了，屏幕没有更新。")
    assert (await barred.get(f"/complaints/{own}/similar"))["items"] == []


async def test_a_reopened_complaint_drafts_anew_what_nobody_has_edited(ward):
    complaint_id = await ward.complaint(text=TEXT)
    path = f"/complaints/{complaint_id}"
    await ward.handler.post(f"{path}/answer", ANSWER)
    await ward.handler.post(f"{path}/closure", {"state": "closed_no_reply", "reason": "三次联系没有回音"})
    await ward.run("relay")
    case_id = await draft_of(ward, complaint_id)
    await ward.handler.post(f"{path}/reopening", {"reason": "患者来电"})
    await ward.handler.post(f"{path}/answer", ANSWER | {"action": "另外安排专人引导。"})
    await ward.patient.post(f"{path}/confirmation", {"satisfied": True})
    await ward.run("relay")
    assert (await ward.supervisor.get(f"/case-library/{case_id}"))["action"] == "另外安排专人引导。"


async def test_the_table_wants_two_people(ward):
    await published(ward)
    with pytest.raises(IntegrityError) as refused:
        await db.fetch("UPDATE library_case SET approved_by = written_by")
    assert db.violated(refused.value) == "library_case_by_two"
    row = await db.fetch_one("SELECT approved_by FROM library_case")
    assert row == {"approved_by": UUID(ward.supervisor.staff_id)}
