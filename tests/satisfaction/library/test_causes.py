"""Causes: what a complaint may be given, who may say it, and that a person's slip alone is no explanation."""

from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from satisfaction.library.taxonomy import MOST_LEAVES, shipped
from server import db
from tests import props
from tests.cast import a_member_of_staff

WAITING = {"code": "process.waiting.clinic"}
COLD = {"code": "attitude.manner.cold"}


def test_the_shipped_tree_has_nine_heads_and_leaves_to_spare():
    nodes = list(shipped())
    codes = {node.code for node in nodes}
    assert sum(node.level == 1 for node in nodes) == 9
    assert len(codes) == len(nodes)
    assert sum(node.level == 3 for node in nodes) < MOST_LEAVES
    assert all(node.parent is None or node.parent in codes for node in nodes)
    assert all(set(node.names) == {"zh-CN", "zh-TW", "en"} for node in nodes)


async def test_a_complaint_is_given_its_causes(ward):
    path = f"/complaints/{await ward.complaint()}"
    before = (await ward.handler.get(path))["version"]
    given = await ward.handler.put(f"{path}/causes", {"causes": [WAITING, COLD]})
    assert [(one["code"], one["place"]) for one in given["items"]] == [(WAITING["code"], 0), (COLD["code"], 1)]
    assert given["version"] > before
    replaced = await ward.handler.put(f"{path}/causes", {"causes": [COLD | {"system_factor": "一人顶两个窗口"}]})
    assert [one["system_factor"] for one in replaced["items"]] == ["一人顶两个窗口"]
    lines = (await ward.handler.get(path))["entries"]
    assert [line["text"].split("\n")[0] for line in lines if line["kind"] == "cause"] == [
        "主要原因：候诊时间长",
        "主要原因：冷淡、不耐烦",
    ]
    assert "顶两个窗口" not in str(await ward.patient.get(path))


@pytest.mark.parametrize(
    ("causes", "code"),
    [
        ([COLD], "system_factor_needed"),
        ([WAITING, WAITING], "twice"),
        ([{"code": "process"}], "unknown"),
        ([{"code": "nothing.of.this"}], "unknown"),
        ([WAITING] * 4, "too_long"),
    ],
    ids=["slip-alone", "twice", "head", "unknown", "four"],
)
async def test_what_explains_nothing_is_refused(ward, causes, code):
    path = f"/complaints/{await ward.complaint()}/causes"
    refusal = await ward.handler.refused(path, {"causes": causes}, method="PUT")
    assert (refusal.status, refusal.body["errors"][0]["code"]) == (422, code)
    assert (await ward.handler.get(path))["items"] == []


async def test_the_table_refuses_a_slip_alone_too(ward):
    complaint_id = UUID(await ward.complaint())
    await ward.handler.get("/causes")
    with pytest.raises(IntegrityError) as refused:
        await props.insert(
            "complaint_cause",
            complaint_id=complaint_id,
            code=COLD["code"],
            place=0,
            set_by=UUID(ward.handler.staff_id),
        )
    assert db.violated(refused.value) == "complaint_cause_has_system_factor"


async def test_causes_are_for_who_may_see_the_complaint(ward, hospital):
    path = f"/complaints/{await ward.complaint()}"
    elsewhere = await a_member_of_staff(hospital, "complaint_handler", department_id=await props.a_department())
    for refused in (
        await elsewhere.refused(f"{path}/causes", {"causes": [WAITING]}, method="PUT"),
        await elsewhere.refused(f"{path}/causes", method="GET"),
        await elsewhere.refused(f"{path}/similar", method="GET"),
        await elsewhere.refused(f"{path}/findings", {"kind": "finding", "text": "x"}),
    ):
        assert refused.status == 404
    service = await a_member_of_staff(hospital, "customer_service")
    assert (await service.refused(f"{path}/causes", {"causes": [WAITING]}, method="PUT")).status == 403
    assert (await ward.patient.refused("/causes", method="GET")).status == 403


async def test_findings_stay_inside(ward):
    path = f"/complaints/{await ward.complaint()}"
    for kind, text in (("finding", "查到排班少一人"), ("statement", "护士说当天停电"), ("remedy", "加一台叫号机")):
        await ward.handler.post(f"{path}/findings", {"kind": kind, "text": text})
    kinds = [(line["kind"], line["text"]) for line in (await ward.handler.get(path))["entries"]][-3:]
    assert kinds == [
        ("finding", "查到排班少一人"),
        ("statement", "护士说当天停电"),
        ("finding", "整改措施：加一台叫号机"),
    ]
    seen = str(await ward.patient.get(path))
    assert not any(word in seen for word in ("少一人", "停电", "叫号机"))


async def test_the_tree_is_the_hospitals_own_up_to_forty_leaves(ward, hospital):
    admin = await a_member_of_staff(hospital, "admin")
    names = {"zh-CN": "等床位", "zh-TW": "等床位", "en": "Waiting for a bed"}
    tree = await admin.put("/admin/causes/process.waiting.bed", {"names": names})
    left = tree["places_left"]
    for n in range(left):
        tree = await admin.put(f"/admin/causes/process.waiting.bed{n}", {"names": names})
    assert tree["places_left"] == 0
    full = await admin.refused("/admin/causes/process.waiting.more", {"names": names}, method="PUT")
    assert (full.status, full.code) == (409, "too_many_causes")
    await admin.put("/admin/causes/process.waiting.bed", {"names": names, "is_active": False})
    await admin.put("/admin/causes/process.waiting.more", {"names": names})
    path = f"/complaints/{await ward.complaint()}/causes"
    refused = await ward.handler.refused(path, {"causes": [{"code": "process.waiting.bed"}]}, method="PUT")
    assert refused.status == 422
    assert (await admin.refused("/admin/causes/nobody.knows.it", {"names": names}, method="PUT")).status == 404
    assert (await admin.refused("/admin/causes/A%20B", {"names": names}, method="PUT")).status == 422


async def test_forty_places_are_all_there_are(ward):
    await ward.handler.get("/causes")
    with pytest.raises(IntegrityError) as refused:
        await db.fetch(
            "INSERT INTO cause (code, parent, level, names, leaf_place)"
            " VALUES ('process.waiting.x', 'process.waiting', 3, '{}', 41)"
        )
    assert db.violated(refused.value) == "cause_forty_leaves"
