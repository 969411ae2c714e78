"""Questions and answers over HTTP: written by one, approved by another, read by everybody, reviewed in time."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from miniapp_api.faq.views import AdminFaqView, FaqStep, FaqView
from server import clock as time
from server import db
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row

FORM = {"question": "可以停车吗？", "answer": "可以，第一个小时不收费。", "condition": "停车"}


async def writer(site, **where):
    return await a_member_of_staff(site, "customer_service", **where)


async def supervisor(site, **where):
    return await a_member_of_staff(site, "supervisor", **where)


async def an_approved(site, **form) -> dict:
    written = await (await writer(site)).post("/admin/faq", {**FORM, **form})
    return await (await supervisor(site)).post(f"/admin/faq/{written['id']}/approval")


async def public(site, query: str = "") -> list[str]:
    return [item["id"] for item in (await Client(site).get(f"/faq?{query}"))["items"]]


async def test_an_answer_is_public_once_a_colleague_approved_it(hospital):
    author, approver = await writer(hospital), await supervisor(hospital)
    draft = await author.post("/admin/faq", {**FORM, "owner_id": author.staff_id})
    AdminFaqView.model_validate(draft)
    assert (draft["state"], draft["owner_id"], draft["version"]) == ("draft", author.staff_id, 1)
    assert await public(hospital) == []
    assert (await Client(hospital).refused(f"/faq/{draft['id']}", method="GET")).status == 404
    approved = await approver.post(f"/admin/faq/{draft['id']}/approval")
    assert (approved["state"], approved["version"], approved["is_overdue"]) == ("approved", 2, False)
    assert approved["review_on"] == (time.today() + timedelta(days=365)).isoformat()
    assert await public(hospital) == [draft["id"]]
    shown = await Client(hospital).get(f"/faq/{draft['id']}")
    FaqView.model_validate(shown)
    assert (shown["question"], shown["answer"]) == (FORM["question"], FORM["answer"])


async def test_nobody_approves_their_own_text(hospital):
    author = await supervisor(hospital)
    draft = await author.post("/admin/faq", FORM)
    refusal = await author.refused(f"/admin/faq/{draft['id']}/approval")
    assert (refusal.status, refusal.code) == (409, "own_text")
    staff_id = await props.a_staff("supervisor")
    with pytest.raises(IntegrityError):  # and the database would not have it
        await props.insert("faq", code="x", question="?", answer="!", written_by=staff_id, approved_by=staff_id)


async def test_a_changed_answer_must_be_approved_anew(hospital):
    approved = await an_approved(hospital)
    author, approver = await writer(hospital), await supervisor(hospital)
    reply = await author.call("PATCH", f"/admin/faq/{approved['id']}", {"answer": "可以。"})
    changed = reply.body
    assert (changed["state"], changed["answer"], changed["approved_at"]) == ("draft", "可以。", None)
    assert changed["version"] > approved["version"]
    assert changed["question"] == FORM["question"]
    assert await public(hospital) == []
    await approver.post(f"/admin/faq/{approved['id']}/approval", {"review_on": str(time.today() + timedelta(days=30))})
    assert await public(hospital) == [approved["id"]]


async def test_an_answer_is_taken_away_for_good(hospital):
    approved, approver = await an_approved(hospital), await supervisor(hospital)
    assert (await approver.refused(f"/admin/faq/{approved['id']}/retirement", {})).status == 422
    gone = await approver.post(f"/admin/faq/{approved['id']}/retirement", {"reason": "停车场已关闭"})
    assert gone["state"] == "retired"
    assert await public(hospital) == []
    for path in ("approval", "retirement"):
        refusal = await approver.refused(
            f"/admin/faq/{approved['id']}/{path}", {"reason": "再来"} if path[0] == "r" else {}
        )
        assert (refusal.status, refusal.code) == (409, "illegal_move")
    reply = await approver.refused(f"/admin/faq/{approved['id']}", {"answer": "可以"}, method="PATCH")
    assert reply.code == "illegal_move"


async def test_overdue_answers_are_listed_until_they_are_reviewed(hospital, clock):
    approver = await supervisor(hospital)
    written = await (await writer(hospital)).post("/admin/faq", FORM)
    soon = {"review_on": str(time.today() + timedelta(days=7))}
    await approver.post(f"/admin/faq/{written['id']}/approval", soon)
    await an_approved(hospital, question="医院在哪里？")
    assert (await approver.get("/admin/faq?overdue=true"))["items"] == []
    await clock.forward(days=7)
    (overdue,) = (await approver.get("/admin/faq?overdue=true"))["items"]
    assert (overdue["id"], overdue["is_overdue"]) == (written["id"], True)
    assert len(await public(hospital)) == 2  # overdue is no reason to leave patients without an answer
    refusal = await approver.refused(f"/admin/faq/{written['id']}/approval", soon)
    assert refusal.code == "review_day_passed"
    await approver.post(f"/admin/faq/{written['id']}/approval", {})
    assert (await approver.get("/admin/faq?overdue=true"))["items"] == []


async def test_answers_of_a_closed_department_are_not_shown(hospital):
    department_id = await props.a_department()
    mine = await an_approved(hospital, department_id=str(department_id))
    await an_approved(hospital)
    assert await public(hospital, f"department={department_id}") == [mine["id"]]
    assert await public(hospital, f"department={department_id}&q=停车") == [mine["id"]]
    await db.fetch("UPDATE department SET active = false")
    assert await public(hospital, f"department={department_id}") == []
    assert await public(hospital, f"department={department_id}&q=停车") == []
    assert (await Client(hospital).refused(f"/faq/{mine['id']}", method="GET")).status == 404


async def test_answers_are_found_by_what_patients_type(hospital):
    parking = await an_approved(hospital)
    wheels = await an_approved(hospital, question="可以借轮椅吗？", answer="可以，免费。", condition="")
    for text in ("停车", "tingche", "停che", "怎么停车", "停車", "tinche", "第一个小时"):
        assert await public(hospital, f"q={text}") == [parking["id"]], text
    assert await public(hospital, "q=lunyi") == [wheels["id"]]
    assert await public(hospital, "q=qqqq") == []


async def test_answers_are_shown_in_the_language_of_the_reader(hospital):
    chinese = await an_approved(hospital)
    english = await an_approved(hospital, question="Can I park?", answer="Yes.", language="en")
    assert await public(hospital) == [chinese["id"]]
    assert await public(hospital, "language=en") == [english["id"]]
    found = await Client(hospital).get("/faq", Accept_Language="en")
    assert [item["id"] for item in found["items"]] == [chinese["id"], english["id"]]


async def test_pages_follow_each_other(hospital):
    all_of_them = [(await an_approved(hospital, question=f"第{number}个问题？"))["id"] for number in range(3)]
    first = await Client(hospital).get("/faq?limit=2")
    rest = await Client(hospital).get(f"/faq?limit=2&cursor={first['next']}")
    assert [item["id"] for item in first["items"] + rest["items"]] == all_of_them
    listed = await (await writer(hospital)).get("/admin/faq?limit=2&state=approved")
    assert [item["id"] for item in listed["items"]] == all_of_them[:2]


async def test_a_department_decides_only_for_itself(hospital):
    here, there = await props.a_department(), await props.a_department()
    author = await writer(hospital, department_id=here)
    approver = await supervisor(hospital, department_id=here)
    for department_id in (None, str(there)):
        assert (await author.refused("/admin/faq", {**FORM, "department_id": department_id})).status == 403
    mine = await author.post("/admin/faq", {**FORM, "department_id": str(here)})
    moved = await author.refused(f"/admin/faq/{mine['id']}", {"department_id": str(there)}, method="PATCH")
    assert moved.status == 403
    whole = await (await writer(hospital)).post("/admin/faq", FORM)
    assert (await approver.refused(f"/admin/faq/{whole['id']}/approval")).status == 403
    assert (await approver.refused(f"/admin/faq/{whole['id']}/retirement", {"reason": "x"})).status == 403
    assert (await approver.post(f"/admin/faq/{mine['id']}/approval"))["state"] == "approved"


async def test_who_may_not(hospital):
    guide, person = await a_member_of_staff(hospital, "guide"), await a_patient_by_row(hospital)
    draft = await (await writer(hospital)).post("/admin/faq", FORM)
    for somebody in (guide, person):
        assert (await somebody.refused("/admin/faq", FORM)).status == 403
        assert (await somebody.refused("/admin/faq", method="GET")).status == 403
    assert (await (await writer(hospital)).refused(f"/admin/faq/{draft['id']}/approval")).status == 403
    administrator = await a_member_of_staff(hospital, "admin")
    assert (await administrator.post(f"/admin/faq/{draft['id']}/approval"))["state"] == "approved"


async def test_writing_twice_is_writing_once_and_a_stale_version_is_refused(hospital):
    author, key = await writer(hospital), str(uuid4())
    first = await author.post("/admin/faq", FORM, key=key)
    assert await author.post("/admin/faq", FORM, key=key) == first
    assert await props.count("faq") == 1
    await author.call("PATCH", f"/admin/faq/{first['id']}", {"condition": "车"})
    stale = await author.call("PATCH", f"/admin/faq/{first['id']}", {"condition": "x"}, If_Match='"1"')
    assert (stale.status, stale.body["resource"]["condition"]) == (412, "车")


async def test_wrong_forms_are_refused(hospital):
    author = await writer(hospital)
    for change in (
        {"question": ""},
        {"answer": "x" * 1001},
        {"language": "fr"},
        {"question": None},
        {"state": "approved"},
    ):
        assert (await author.refused("/admin/faq", {**FORM, **change})).status == 422
    for change in ({"department_id": str(uuid4())}, {"owner_id": str(uuid4())}):
        assert (await author.refused("/admin/faq", {**FORM, **change})).status == 404
    assert await props.count("faq") == 0


async def test_staff_find_answers_by_their_words(hospital):
    author = await writer(hospital)
    parking = await author.post("/admin/faq", FORM)
    wheels = await author.post("/admin/faq", {"question": "可以借轮椅吗？", "answer": "可以，一楼 WiFi 旁。"})
    for words, found in (
        ("停车", [parking]),
        ("一楼", [wheels]),
        ("wifi", [wheels]),
        ("可以", [parking, wheels]),
        ("%", []),
    ):
        listed = (await author.get(f"/admin/faq?q={quote(words)}"))["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in found], words


async def test_the_steps_of_an_answer_are_told(hospital):
    approved = await an_approved(hospital)
    author = await writer(hospital)
    await author.call("PATCH", f"/admin/faq/{approved['id']}", {"answer": "可以。"})
    steps = (await author.get(f"/admin/faq/{approved['id']}/history"))["items"]
    FaqStep.model_validate(steps[0])
    assert [step["to_state"] for step in steps] == ["draft", "approved", "draft"]
    assert all(step["by_name"] and step["at"] for step in steps)
    assert (await author.refused(f"/admin/faq/{uuid4()}/history", method="GET")).status == 404


async def test_owners_are_those_who_may_write(hospital):
    author, guide = await writer(hospital), await a_member_of_staff(hospital, "guide")
    owners = [item["id"] for item in (await author.get("/admin/faq/owners"))["items"]]
    assert author.staff_id in owners
    assert guide.staff_id not in owners
    assert (await guide.refused("/admin/faq/owners", method="GET")).status == 403
