"""What integrators read by FHIR R4, checked by a FHIR library: it refuses whatever R4 does not define."""

from datetime import timedelta
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.operationoutcome import OperationOutcome
from yarl import URL

from miniapp_api.fhir.models import RESOURCES
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

KINDS = sorted(RESOURCES)


class Integrator:
    """Somebody else's program."""

    def __init__(self, site, token: str = "") -> None:
        self.site, self.token = site, token

    async def get(self, path: str, **headers):
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        async with self.site.http.get(self.site.base + "/fhir/R4" + path, headers=headers) as reply:
            assert reply.headers["Content-Type"].startswith("application/fhir+json")
            return reply.status, await reply.json(content_type=None)

    async def finds(self, path: str) -> list[dict]:
        """Search, follow every page, let the library read each; give the resources."""
        found = []
        while path:
            status, body = await self.get(path)
            assert status == 200, body
            Bundle(body)  # raises FHIRValidationError for anything that R4 does not define
            found += [entry["resource"] for entry in body.get("entry", [])]
            following = [link["url"] for link in body["link"] if link["relation"] == "next"]
            address = urlsplit(following[0]) if following else None
            path = f"{address.path.removeprefix('/fhir/R4')}?{address.query}" if address else ""
        return found

    async def ids(self, path: str) -> set[str]:
        return {one["id"] for one in await self.finds(path)}


@pytest.fixture
async def integrator(hospital):
    staff = await a_member_of_staff(hospital, "operations")
    return Integrator(hospital, staff.token)


async def a_day(hospital):
    """A session with a booked, a held and a cancelled place."""
    slot = await props.a_slot(capacity=3)
    patients = [await a_patient_by_row(hospital) for _ in range(3)]
    booked, gone = [await patient.books(slot.id) for patient in patients[:2]]
    await patients[1].post(f"/appointments/{gone['id']}/cancellation", {"reason": "临时有事"})
    held = await patients[2].post("/holds", {"slot_id": str(slot.id), "patient_id": patients[2].patient_id})
    return slot, patients, booked, gone, held


@pytest.mark.parametrize("kind", KINDS)
async def test_every_resource_is_what_r4_defines(hospital, integrator, kind):
    await a_day(hospital)
    found = await integrator.finds(f"/{kind}")
    assert found
    one = found[0]
    status, alone = await integrator.get(f"/{kind}/{one['id']}")
    assert (status, alone) == (200, one)
    assert one["meta"]["lastUpdated"]


async def test_what_can_be_asked_is_declared(integrator):
    status, body = await integrator.get("/metadata")
    assert status == 200
    stated = CapabilityStatement(body)
    assert stated.fhirVersion == "4.0.1"
    assert sorted(one.type for one in stated.rest[0].resource) == KINDS


async def test_appointments_have_fhirs_states_and_nobodys_name(hospital, integrator):
    slot, patients, booked, gone, held = await a_day(hospital)
    found = {one["id"]: one for one in await integrator.finds(f"/Appointment?slot={slot.id}")}
    assert {one: found[one]["status"] for one in found} == {
        booked["id"]: "booked",
        gone["id"]: "cancelled",
        held["id"]: "pending",
    }
    assert found[gone["id"]]["cancelationReason"]["coding"][0]["code"] == "pat"
    assert "张小三" not in str(found)
    assert await integrator.ids("/Appointment?status=booked,pending") == {booked["id"], held["id"]}
    assert await integrator.ids("/Appointment?status:not=booked") == {gone["id"], held["id"]}
    mine = await integrator.ids(f"/Appointment?patient=Patient/{patients[0].patient_id}")
    assert mine == await integrator.ids(f"/Appointment?actor:Patient={patients[0].patient_id}") == {booked["id"]}
    assert await integrator.ids(f"/Appointment?actor=Practitioner/{slot.practitioner_id}") == set(found)


async def test_a_slot_is_free_busy_or_unavailable(hospital, integrator):
    slot, *_ = await a_day(hospital)
    full = await props.a_slot(capacity=0)
    stopped = await props.a_slot(status="stopped")
    held = await props.a_slot(capacity=1)
    patient = await a_patient_by_row(hospital)
    await patient.post("/holds", {"slot_id": str(held.id), "patient_id": patient.patient_id})
    expected = {slot: "free", full: "busy", stopped: "busy-unavailable", held: "busy-tentative"}
    for one, status in expected.items():
        assert await integrator.ids(f"/Slot?status={status}") == {str(one.id)}
    (shown,) = await integrator.finds(f"/Slot?schedule=Schedule/{slot.session_id}")
    assert [extension["valueInteger"] for extension in shown["extension"]] == [3, 1]


async def test_times_are_searched_with_their_prefixes(hospital, integrator):
    tomorrow = time.today() + timedelta(days=1)
    early = await props.a_slot(starts_at=time.at(tomorrow, 9))
    late = await props.a_slot(starts_at=time.at(tomorrow, 15))
    noon = quote(time.at(tomorrow, 12).isoformat())
    both = {str(early.id), str(late.id)}
    for asked, expected in (
        (f"start={tomorrow}", both),
        (f"start=ge{tomorrow}&start=lt{noon}", {str(early.id)}),
        (f"start=gt{noon}", {str(late.id)}),
        (f"start=sa{tomorrow}", set()),
        (f"start=eb{noon}", {str(early.id)}),
        (f"start=ne{tomorrow}", set()),
        (f"start={quote(time.at(tomorrow, 9).isoformat())}", {str(early.id)}),
        (f"start={tomorrow.year}", both),
    ):
        assert await integrator.ids(f"/Slot?{asked}") == expected, asked
    assert await integrator.ids(f"/Schedule?date=ge{noon}") == {str(late.session_id)}
    assert await integrator.ids(f"/Schedule?date={tomorrow}") == {str(early.session_id), str(late.session_id)}


async def test_what_changed_since_is_found_and_pages_lose_nothing(hospital, integrator, clock):
    crowd = [await a_patient_by_row(hospital) for _ in range(5)]
    slot = await props.a_slot(starts_at=time.now() + timedelta(hours=4))
    booked = [await patient.books(slot.id) for patient in crowd]
    await clock.forward(minutes=10)
    since = quote(time.now().isoformat())
    assert await integrator.ids(f"/Appointment?_lastUpdated=ge{since}") == set()
    for patient, one in zip(crowd[:3], booked, strict=False):
        await patient.post(f"/appointments/{one['id']}/cancellation")
    changed = await integrator.finds(f"/Appointment?_lastUpdated=ge{since}&_count=2")
    assert [one["id"] for one in changed] == [one["id"] for one in booked[:3]]
    assert await integrator.ids(f"/Slot?_lastUpdated=ge{since}") == {str(slot.id)}
    everything = await integrator.finds("/Appointment?_count=2")
    assert [one["id"] for one in everything] == [one["id"] for one in booked]


async def test_people_places_and_services_are_found_by_name(hospital, integrator):
    slot = await props.a_slot()
    await db.fetch("UPDATE practitioner SET name = '欧阳秋', pinyin = 'ouyangqiu', title = '主任医师'")
    for asked in ("name=欧阳", "name=ouyang", "name:contains=秋", "phonetic=ouyang", "name:exact=欧阳秋"):
        assert await integrator.ids(f"/Practitioner?{asked}") == {str(slot.practitioner_id)}, asked
    for asked in ("name=秋", "name:exact=欧阳", "email=a@b", "identifier=urn:other|1", "active=false"):
        assert await integrator.ids(f"/Practitioner?{asked}") == set(), asked
    rooms = await integrator.finds("/Location?status=active")
    room = next(one for one in rooms if one["id"] == str(slot.room_id))
    campus = room["partOf"]["reference"]
    assert await integrator.ids(f"/Location?partof={campus}") == {str(slot.room_id)}
    assert str(slot.department_id) in await integrator.ids(f"/HealthcareService?location={campus}")


async def test_unknown_parameters_are_left_out_or_refused_as_the_client_prefers(integrator):
    status, body = await integrator.get("/Slot?colour=red")
    assert (status, body["link"][0]["url"].endswith("/Slot")) == (200, True)
    status, body = await integrator.get("/Slot?colour=red", Prefer="handling=strict")
    assert status == 400
    OperationOutcome(body)


@pytest.mark.parametrize(
    "path",
    [
        "/Slot?start=yesterday",
        "/Slot?start=2026-13-01",
        "/Slot?schedule=Patient/1",
        "/Slot?_count=many",
        "/Slot?_cursor=x",
        "/Slot?status:below=free",
        "/Practitioner?name:text=a",
    ],
)
async def test_what_cannot_be_read_is_said(integrator, path):
    status, body = await integrator.get(path)
    assert status == 400
    OperationOutcome(body)


async def test_appointments_are_for_staff_of_the_department(hospital, integrator):
    slot, _, booked, *_ = await a_day(hospital)
    stranger = Integrator(hospital)
    assert (await stranger.get("/Appointment"))[0] == 401
    assert (await stranger.get(f"/Slot?schedule={slot.session_id}"))[0] == 200
    guide = await a_member_of_staff(hospital, "guide")
    assert (await Integrator(hospital, guide.token).get("/Appointment"))[0] == 403
    elsewhere = await a_member_of_staff(hospital, "operations", department_id=await props.a_department())
    other = Integrator(hospital, elsewhere.token)
    assert await other.ids("/Appointment") == set()
    assert (await other.get(f"/Appointment/{booked['id']}"))[0] == 404


async def test_what_is_not_there_is_an_outcome(integrator):
    for path in (f"/Slot/{uuid4()}", "/Slot/7", "/Observation", "/Observation/7"):
        status, body = await integrator.get(path)
        assert (status, body["issue"][0]["code"]) == (404, "not-found")
        OperationOutcome(body)


@pytest.mark.parametrize(
    "asked",
    [
        "Slot?start=0001-01-01",
        "Slot?start=lt0001-01-01T00:00:00%2B14:00",
        "Slot?start=9999-12-31T23:59:59-12:00",
        "Slot?_lastUpdated=ge0001",
        "Slot?status=%00",
        "Practitioner?name=%00",
        "Practitioner?name:exact=a,%00",
        "Practitioner?_id=%00",
        "Practitioner?_lastUpdated=gt2020&_cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",
    ],
)
async def test_what_lies_beyond_the_calendar_or_is_no_text_is_an_outcome(hospital, asked):
    async with hospital.http.get(URL(f"{hospital.base}/fhir/R4/{asked}", encoded=True)) as reply:
        assert reply.status == 400
        OperationOutcome(await reply.json(content_type=None))
