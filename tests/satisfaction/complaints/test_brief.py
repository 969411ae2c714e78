"""A complaint opens with what the records say of its visit: told at once, kept sealed, read by few."""

from uuid import UUID, uuid4

import pytest

from satisfaction.complaints import brief
from server import db
from server.facts import VisitBriefMade, from_payload
from tests import props
from tests.cast import Client, a_member_of_staff, a_patient_by_row
from tests.mutants import Mutant, is_killed


async def a_complaint(ward, encounter_id: UUID, **form) -> str:
    filed = await ward.patient.post("/complaints", {"text": "等了太久。", "encounter_id": str(encounter_id), **form})
    await ward.run("relay", "relay")
    return filed["id"]


async def test_a_complaint_opens_with_the_brief_of_its_visit(ward):
    encounter_id = await ward.visit()
    complaint_id = await a_complaint(ward, encounter_id)
    found = await ward.handler.get(f"/complaints/{complaint_id}/brief")
    assert found["has_visit"]
    assert found["made_at"]
    told = found["brief"]
    assert told["visit_id"] == str(encounter_id)
    assert told["department"]["name"] == "心血管内科"
    assert [ticket["number"] for ticket in told["tickets"]] == [
        (await db.fetch("SELECT label FROM ticket"))[0]["label"]
    ]
    assert set(told) >= {"scans", "messages", "moment", "booked_for", "day"}
    [record] = await db.fetch("SELECT staff_id, what FROM access_record")
    assert (str(record["staff_id"]), record["what"]) == (ward.handler.staff_id, "visit_brief")


async def test_it_is_in_the_language_of_its_reader(ward):
    complaint_id = await a_complaint(ward, await ward.visit())
    assert (await ward.handler.get(f"/complaints/{complaint_id}/brief", Accept_Language="en"))["brief"]


async def test_neither_the_table_nor_the_fact_tells_it(ward):
    await a_complaint(ward, await ward.visit())
    [row] = await db.fetch("SELECT brief_cipher FROM complaint_brief")
    assert "心血管".encode() not in row["brief_cipher"]
    [fact] = await ward.facts("VisitBriefMade")
    assert "心血管" not in str(fact)


async def test_who_left_unseen_has_a_brief_of_the_appointment(ward):
    account_id, patient_id = UUID(ward.patient.account_id), UUID(ward.patient.patient_id)
    appointment_id = await props.an_appointment(ward.slot, patient_id, account_id)
    filed = await ward.patient.post("/complaints", {"text": "等不下去了。", "appointment_id": str(appointment_id)})
    await ward.run("relay", "relay")
    found = await ward.handler.get(f"/complaints/{filed['id']}/brief")
    assert found["brief"]["appointment_id"] == str(appointment_id)


async def test_a_complaint_without_a_visit_says_so(ward):
    complaint_id = await ward.complaint()
    await ward.run("relay", "relay")
    found = await ward.handler.get(f"/complaints/{complaint_id}/brief")
    assert (found["has_visit"], found["brief"]) == (False, None)
    assert (await ward.handler.refused(f"/complaints/{complaint_id}/brief")).status == 404


async def test_it_is_read_by_who_may_see_the_complaint_and_by_nobody_else(ward, hospital):
    complaint_id = await a_complaint(ward, await ward.visit())
    doctor = await a_member_of_staff(hospital, "complaint_handler", practitioner_id=ward.slot.practitioner_id)
    elsewhere = await a_member_of_staff(hospital, "complaint_handler", department_id=await props.a_department())
    guide = await a_member_of_staff(hospital, "guide")
    for client, status in (
        (ward.handler, 200),
        (ward.supervisor, 200),
        (doctor, 404),
        (elsewhere, 404),
        (guide, 403),
        (ward.patient, 403),
        (await a_patient_by_row(hospital), 403),
        (Client(hospital), 401),
    ):
        assert (await client.call("GET", f"/complaints/{complaint_id}/brief")).status == status
        again = await client.call("POST", f"/complaints/{complaint_id}/brief", {}, Idempotency_Key=str(uuid4()))
        assert again.status == (202 if status == 200 else status)


async def test_it_is_told_again_when_the_visit_goes_on(ward, clock):
    complaint_id = await a_complaint(ward, await ward.visit())
    first = (await ward.handler.get(f"/complaints/{complaint_id}/brief"))["made_at"]
    await clock.forward(hours=1)
    await ward.handler.call("POST", f"/complaints/{complaint_id}/brief", {}, Idempotency_Key=str(uuid4()))
    await ward.run("relay", "relay")
    assert (await ward.handler.get(f"/complaints/{complaint_id}/brief"))["made_at"] > first


async def _the_newer_stays(ward, clock) -> None:
    """A brief that comes late does not replace a newer one."""
    complaint_id = UUID(await a_complaint(ward, await ward.visit()))
    await clock.forward(hours=1)
    async with db.transaction():
        await brief.ask(complaint_id, (await db.fetch("SELECT visit_id FROM complaint_brief"))[0]["visit_id"])
    await ward.run("relay", "relay")
    [newer] = await db.fetch("SELECT made_at FROM complaint_brief")
    older = (await ward.facts("VisitBriefMade"))[0]
    fact = from_payload("VisitBriefMade", older)
    assert isinstance(fact, VisitBriefMade)
    await brief.keep(fact)
    [row] = await db.fetch("SELECT made_at FROM complaint_brief")
    assert row["made_at"] == newer["made_at"]


async def test_the_newer_brief_stays(ward, clock):
    await _the_newer_stays(ward, clock)


@pytest.mark.mutant
async def test_keeping_whatever_comes_is_noticed(ward, clock, monkeypatch):
    mutant = Mutant(
        "the order of briefs", brief, "KEEP", ((" AND (made_at IS NULL OR made_at <= $3)", ""),), _the_newer_stays
    )
    try:
        await is_killed(mutant, monkeypatch, ward, clock)
    finally:
        await clock.back()
