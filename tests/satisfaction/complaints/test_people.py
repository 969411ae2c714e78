"""Who may take a complaint over or follow it; who is away; who must keep away, said as far as the reader may know."""

from datetime import timedelta
from uuid import UUID

import pytest

from satisfaction.complaints.people import kind_of
from server import clock, db
from server.ids import new_id
from tests import props
from tests.cast import a_member_of_staff


async def bar(complaint_id: str, staff_id: str, role: str = "named") -> None:
    await db.fetch(
        "INSERT INTO complaint_person (complaint_id, role, staff_id, name, at) VALUES ($1, $2, $3, 'x', app_now())",
        UUID(complaint_id),
        role,
        UUID(staff_id),
    )


async def related(staff_id: str, patient_id: str) -> None:
    await db.fetch(
        "INSERT INTO staff_relation (id, staff_id, to_patient_id, why, at) VALUES ($1, $2, $3, '亲属', app_now())",
        new_id(),
        UUID(staff_id),
        UUID(patient_id),
    )


async def test_who_is_away_is_said_and_comes_last(ward):
    away = await a_member_of_staff(ward.site, "complaint_handler", name="甲")
    free = await a_member_of_staff(ward.site, "complaint_handler", name="乙")
    await props.insert(
        "duty_off",
        staff_id=UUID(away.staff_id),
        from_at=clock.now() - timedelta(hours=1),
        until_at=clock.now() + timedelta(days=1),
        why="休假",
        stands_in=UUID(free.staff_id),
    )
    complaint_id = await ward.complaint(text="输液打错药，过敏休克。")
    found = await ward.supervisor.get(f"/complaints/{complaint_id}/candidates")
    names = [one["name"] for one in found["items"]]
    assert names[-1] == "甲"
    last = found["items"][-1]
    assert (last["instead_name"], last["away_until"] is not None) == ("乙", True)
    assert found["items"][names.index("乙")]["load"] == 0
    other = await ward.complaint()
    seen = (await ward.supervisor.get(f"/complaints/{other}/candidates"))["items"]
    handlers = {one["name"]: (one["open_complaints"], one["load"]) for one in seen}
    assert handlers.get("handler先生", (1, 3)) in {(1, 3), (2, 5)}  # a severe one weighs three


async def test_who_must_keep_away_is_said_with_the_kind_of_reason_to_leaders(ward):
    people = {name: await a_member_of_staff(ward.site, "complaint_handler", name=name) for name in ("甲", "乙", "丙")}
    complaint_id = await ward.complaint()
    await bar(complaint_id, people["甲"].staff_id)
    await bar(complaint_id, people["乙"].staff_id, "former_handler")
    await related(people["丙"].staff_id, ward.patient.patient_id)
    path = f"/complaints/{complaint_id}/candidates"
    kinds = {one["name"]: one["kind"] for one in (await ward.supervisor.get(path))["barred"]}
    assert kinds == {"甲": "concerned", "乙": "before", "丙": "related"}
    kinds = {one["name"]: one["kind"] for one in (await ward.handler.get(path))["barred"]}
    assert kinds == {"甲": "concerned", "乙": "before", "丙": "other"}
    await ward.supervisor.post(f"/complaints/{complaint_id}/sealing", {"reason": "患者要求"})
    kinds = {one["name"]: one["kind"] for one in (await ward.supervisor.get(path))["barred"]}
    assert kinds["丙"] == "other"  # whom they are related to would say whom it is from


async def test_a_watcher_may_be_who_only_reads_and_never_who_is_barred(ward):
    service = await a_member_of_staff(ward.site, "customer_service", name="客服")
    barred = await a_member_of_staff(ward.site, "supervisor", name="回避")
    complaint_id = await ward.complaint()
    await bar(complaint_id, barred.staff_id)
    path = f"/complaints/{complaint_id}"
    found = await ward.handler.get(f"{path}/candidates?purpose=watching")
    assert "客服" in [one["name"] for one in found["items"]]
    assert [one["name"] for one in found["barred"]] == ["回避"]
    to_handle = (await ward.handler.get(f"{path}/candidates"))["items"]
    assert "客服" not in [one["name"] for one in to_handle]
    kept = await ward.handler.put(f"{path}/watchers", {"staff_ids": [service.staff_id]})
    assert [one["name"] for one in kept["watchers"]] == ["客服"]
    refused = await ward.handler.refused(f"{path}/watchers", {"staff_ids": [barred.staff_id]}, method="PUT")
    assert (refused.status, refused.code) == (409, "conflict_of_interest")


@pytest.mark.parametrize(
    ("reasons", "to_leaders", "to_others"),
    [
        (["relation", "doctor"], "concerned", "concerned"),
        (["manager"], "hierarchy", "other"),
        (["relation"], "related", "other"),
        (["former_handler", "relation"], "before", "before"),
        (["something_new"], "other", "other"),
    ],
)
def test_the_plainest_reason_is_said(reasons, to_leaders, to_others):
    assert kind_of(reasons, says_all=True) == to_leaders
    assert kind_of(reasons, says_all=False) == to_others
