"""A sealed identity: nobody sees it, two people open it, the patient sees who did."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from satisfaction.complaints import unsealing
from satisfaction.sealing import rules
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row
from tests.locks import somebody_waits

NAME, PHONE = "欧阳明月", "13711112222"
WHY = {"reason": "需要回电核实"}


@pytest.fixture
async def patient(ward):
    return await a_patient_by_row(ward.site, name=NAME, phone=PHONE)


@pytest.fixture
async def sealed(ward, patient) -> str:
    """A sealed complaint of a patient whose name stands in its text as well."""
    encounter_id = await ward.visit(patient, patient_name=NAME)
    body = {"text": f"我是{NAME}，医生收红包。", "is_sealed": True, "encounter_id": str(encounter_id)}
    return (await patient.post("/complaints", body))["id"]


async def everything_seen(ward, staff, complaint_id) -> str:
    """All that staff can read of a complaint, as it comes over the wire."""
    paths = [
        f"/complaints/{complaint_id}",
        "/complaints?limit=100",
        "/complaints?order=urgent",
        f"/complaints/{complaint_id}/seal",
        f"/complaints/{complaint_id}/candidates",
        "/alerts",
    ]
    replies = [await staff.call("GET", path) for path in paths]
    return "\n".join(reply.raw.decode() for reply in replies if reply.status == 200)


async def test_nobody_of_the_house_sees_whom_it_is_from(ward, patient, sealed, drain):
    await patient.post(f"/complaints/{sealed}/messages", {"text": f"请回电 {NAME}"})
    await drain()
    for staff in (ward.handler, ward.supervisor, ward.committee):
        seen = await everything_seen(ward, staff, sealed)
        assert NAME not in seen
        assert PHONE[-4:] not in seen
        assert patient.patient_id not in seen
        assert patient.account_id not in seen
        assert "已密封" in seen


async def test_the_patient_sees_their_own_name(patient, sealed):
    assert (await patient.get(f"/complaints/{sealed}"))["patient_name"] == NAME
    openings = await patient.get(f"/complaints/{sealed}/openings")
    assert openings == {"is_sealed": True, "items": []}


async def test_a_search_by_name_does_not_find_it(ward, patient, sealed):
    open_one = await ward.complaint(patient, text="另一件")
    found = (await ward.handler.get(f"/complaints?q={NAME}"))["items"]
    assert [one["id"] for one in found] in ([open_one], [])
    assert sealed not in [one["id"] for one in found]


async def test_other_complaints_of_the_same_person_do_not_tell(ward, patient, sealed):
    open_one = await ward.complaint(patient, text="另一件")
    assert (await ward.handler.get(f"/complaints/{open_one}"))["siblings"] == []
    assert (await ward.handler.get(f"/complaints/{sealed}"))["siblings"] == []


async def test_trying_to_merge_it_does_not_tell_whose_it_is(ward, patient, sealed):
    own, strangers = await ward.complaint(patient, text="另一件"), await ward.complaint(text="别人的")
    for one, other in ((sealed, own), (sealed, strangers), (own, sealed), (strangers, sealed)):
        assert "merge" not in (await ward.handler.get(f"/complaints/{sealed}"))["acts"]
        refused = await ward.handler.refused(f"/complaints/{one}/merge", {"into_id": other, "reason": "同一件事"})
        assert (refused.status, refused.code) == (409, "sealed_not_merged")


async def test_the_phone_is_not_shown_by_one(ward, sealed):
    assert "see_phone" not in (await ward.handler.get(f"/complaints/{sealed}"))["acts"]
    refused = await ward.handler.refused(f"/complaints/{sealed}/phone-view", WHY)
    assert (refused.status, refused.code) == (409, "identity_closed")


async def test_two_people_open_it_for_half_an_hour(ward, patient, sealed, clock, drain):
    refused = await ward.handler.refused(f"/complaints/{sealed}/identity", method="GET")
    assert refused.code == "identity_closed"
    asked = await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY)
    request = asked["requests"][0]
    assert (request["state"], request["is_mine"], request["may_decide"]) == ("asked", True, False)
    await drain()
    assert [one["kind"] for one in (await ward.supervisor.get("/alerts"))["items"]].count("unsealing_asked") == 1
    seen = await ward.supervisor.get(f"/complaints/{sealed}/seal")
    assert seen["requests"][0]["may_decide"] is True
    await ward.supervisor.post(f"/unsealings/{request['id']}/approval")
    identity = await ward.handler.get(f"/complaints/{sealed}/identity")
    assert (identity["patient_name"], identity["phone"]) == (NAME, PHONE)
    # only for who asked
    assert (await ward.supervisor.refused(f"/complaints/{sealed}/identity", method="GET")).code == "identity_closed"
    access = await db.fetch_one("SELECT * FROM access_record WHERE what = 'sealed_identity'")
    assert (str(access["staff_id"]), str(access["patient_id"])) == (ward.handler.staff_id, patient.patient_id)
    opened = (await patient.get(f"/complaints/{sealed}/openings"))["items"]
    assert [(one["asked_name"], one["decided_name"], one["why"], one["looks"]) for one in opened] == [
        ("handler先生", "supervisor先生", WHY["reason"], 1)
    ]
    lines = (await ward.handler.get(f"/complaints/{sealed}"))["entries"]
    assert len([line for line in lines if line["kind"] == "unseal"]) == 3
    patients_lines = (await patient.get(f"/complaints/{sealed}"))["entries"]
    assert "unseal" not in [line["kind"] for line in patients_lines]
    await clock.forward(minutes=31)
    assert (await ward.handler.refused(f"/complaints/{sealed}/identity", method="GET")).code == "identity_closed"


async def test_nobody_opens_it_alone(ward, sealed):
    request = (await ward.supervisor.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    refused = await ward.supervisor.refused(f"/unsealings/{request['id']}/approval")
    assert (refused.status, refused.code) == (409, "opened_by_two")
    assert (await ward.handler.refused(f"/unsealings/{request['id']}/approval")).status == 403


@pytest.mark.mutant
async def test_without_the_rule_the_table_still_refuses_one_person(ward, sealed, monkeypatch):
    """The mutant of the test above: the constraint stands behind the rule."""
    request = (await ward.supervisor.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    monkeypatch.setattr(rules, "check_decider", lambda *_: None)
    refused = await ward.supervisor.refused(f"/unsealings/{request['id']}/approval")
    assert refused.status == 500
    assert await props.count("unsealing", "state = 'approved'") == 0


async def test_a_refusal_leaves_it_sealed(ward, sealed):
    request = (await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    await ward.committee.post(f"/unsealings/{request['id']}/refusal")
    assert (await ward.handler.refused(f"/complaints/{sealed}/identity", method="GET")).code == "identity_closed"
    again = await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY)
    assert [one["state"] for one in again["requests"]] == ["refused", "asked"]


async def test_a_request_that_nobody_decided_can_be_made_again(ward, sealed, clock):
    request = (await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    twice = await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY)
    assert [one["id"] for one in twice["requests"]] == [request["id"]]
    await clock.forward(hours=25)
    late = await ward.supervisor.refused(f"/unsealings/{request['id']}/approval")
    assert late.code == "unsealing_over"
    again = await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY)
    assert [one["state"] for one in again["requests"]] == ["expired", "asked"]


async def test_of_two_decisions_at_once_one_counts(ward, sealed, monkeypatch):
    request = (await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    path, holds = f"/unsealings/{request['id']}", asyncio.Event()
    name_of = unsealing.models.staff_name

    async def slowly(staff_id):
        if not holds.is_set():
            holds.set()
            await somebody_waits()
        return await name_of(staff_id)

    monkeypatch.setattr(unsealing.models, "staff_name", slowly)
    first = asyncio.create_task(ward.supervisor.call("POST", f"{path}/approval", {}))
    await holds.wait()
    second = await ward.committee.call("POST", f"{path}/refusal", {})
    assert ((await first).status, second.status, second.code) == (200, 409, "illegal_move")
    assert await props.count("unsealing", "state = 'approved'") == 1


async def opened(ward, complaint_id: str) -> None:
    """Two people open the identity for the handler."""
    request = (await ward.handler.post(f"/complaints/{complaint_id}/unsealing", WHY))["requests"][0]
    await ward.supervisor.post(f"/unsealings/{request['id']}/approval")


async def test_the_brief_tells_how_long_and_all_of_it_only_by_two(ward, patient, sealed):
    await ward.run("relay", "relay")
    path = f"/complaints/{sealed}/brief"
    found = await ward.handler.get(path)
    assert (found["has_visit"], found["is_covered"]) == (True, True)
    assert [ticket["number"] for ticket in found["brief"]["tickets"]] == [""]
    assert (await ward.handler.refused(f"{path}?whole=true", method="GET")).code == "identity_closed"
    await opened(ward, sealed)
    assert (await ward.handler.get(path))["is_covered"] is True  # opening the page is no look
    whole = await ward.handler.get(f"{path}?whole=true")
    assert whole["is_covered"] is False
    assert whole["brief"]["tickets"][0]["number"]
    assert [one["looks"] for one in (await patient.get(f"/complaints/{sealed}/openings"))["items"]] == [1]
    assert (await ward.supervisor.refused(f"{path}?whole=true", method="GET")).code == "identity_closed"


async def test_a_wanted_call_stands_on_the_list_without_whom_and_ends_at_the_complaint(ward, patient, sealed, drain):
    answer = {"finding": "已核实", "action": "已整改", "responsible": "陈静"}
    await ward.handler.post(f"/complaints/{sealed}/answer", answer)
    await drain()
    await patient.post(f"/complaints/{sealed}/confirmation", {"satisfied": None, "call_me": True})
    await ward.run("relay")
    [task] = (await ward.supervisor.get("/calls?due=all"))["items"]
    shown = (task["patient"], task["patient_id"], task["phone_masked"], task["file_number"], task["is_sealed"])
    assert shown == ("已密封", "", "", "", True)
    assert (task["complaint_id"], task["others"]) == (sealed, 0)
    await ward.supervisor.post(f"/calls/{task['id']}/claim")
    assert (await ward.supervisor.refused(f"/calls/{task['id']}/phone-view")).code == "call_sealed"
    await opened(ward, sealed)
    assert (await ward.handler.get(f"/complaints/{sealed}/identity"))["phone"] == PHONE
    await ward.handler.post(f"/complaints/{sealed}/calls", {"seconds": 95, "text": "已说明，患者接受"})
    await ward.run("relay")
    ended = await ward.supervisor.get(f"/calls/{task['id']}")
    assert (ended["state"], ended["result"]) == ("cancelled", "called_elsewhere")


async def test_a_complaint_that_is_sealed_later_covers_its_calls_at_once(ward, patient, drain):
    complaint_id = await ward.complaint(patient)
    await ward.handler.post(
        f"/complaints/{complaint_id}/answer", {"finding": "已核实", "action": "已整改", "responsible": "陈静"}
    )
    await drain()
    await patient.post(f"/complaints/{complaint_id}/confirmation", {"satisfied": None, "call_me": True})
    await ward.run("relay")
    assert [one["patient"] for one in (await ward.supervisor.get("/calls?due=all"))["items"]] == [NAME]
    await ward.supervisor.post(f"/complaints/{complaint_id}/sealing", WHY)
    assert [one["patient"] for one in (await ward.supervisor.get("/calls?due=all"))["items"]] == ["已密封"]


def test_what_says_whom_a_text_is_from_is_covered_and_whom_it_is_about_is_not():
    text = "我叫欧阳 明月，手机137-1111 2222，身份证11010119900101123X，信箱a.b@c.cn；王敏医生态度不好，2小时，A1023。"
    covered = rules.covered(text, [NAME, "P0099887"])
    assert covered == "我叫已密封，手机已密封，身份证已密封，信箱已密封；王敏医生态度不好，2小时，A1023。"


async def test_who_has_a_conflict_neither_asks_nor_approves(ward, sealed):
    concerned = await a_member_of_staff(ward.site, "supervisor")
    await db.fetch(
        "UPDATE staff SET practitioner_id = $1 WHERE id = $2", ward.slot.practitioner_id, UUID(concerned.staff_id)
    )
    request = (await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY))["requests"][0]
    assert (await concerned.refused(f"/unsealings/{request['id']}/approval")).status == 404
    assert (await concerned.refused(f"/complaints/{sealed}/unsealing", WHY)).status == 404
    assert (await concerned.refused(f"/complaints/{sealed}/identity", method="GET")).status == 404


async def test_a_leader_seals_what_came_in_open(ward, patient):
    complaint_id = await ward.complaint(patient)
    assert (await ward.handler.refused(f"/complaints/{complaint_id}/unsealing", WHY)).code == "not_sealed"
    assert (await ward.handler.refused(f"/complaints/{complaint_id}/sealing", WHY)).status == 403
    sealed = await ward.supervisor.post(f"/complaints/{complaint_id}/sealing", WHY)
    assert (sealed["is_sealed"], sealed["may_seal"], sealed["may_ask"]) == (True, False, True)
    assert (await ward.handler.get(f"/complaints/{complaint_id}"))["patient_name"] == "已密封"


async def test_another_patient_sees_nothing_of_it(ward, sealed):
    other = replace(await a_patient_by_row(ward.site))
    assert (await other.refused(f"/complaints/{sealed}/openings", method="GET")).status == 404


async def test_customer_service_sees_that_it_is_sealed_and_nothing_more(ward, sealed):
    service = await a_member_of_staff(ward.site, "customer_service")
    await ward.handler.post(f"/complaints/{sealed}/unsealing", WHY)
    seen = await service.get(f"/complaints/{sealed}/seal")
    assert (seen["is_sealed"], seen["may_ask"], seen["may_seal"], seen["requests"]) == (True, False, False, [])
    assert (await service.refused(f"/complaints/{sealed}/unsealing", WHY)).status == 403
