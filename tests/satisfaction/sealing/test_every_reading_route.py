"""Every route that staff read by, walked from the product's own list of routes, so that a new one cannot forget.

Two things hold of each answer. Nothing that names a sealed complaint names its patient beside it; and whom a complaint
bars is not told that it exists. A route with a path or a query that this file does not know fails.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from notifications.calls import models as call_models
from notifications.operations import actions as operations
from satisfaction.complaints import reads
from server import db
from server.accounts import Role
from server.openapi import openapi
from tests import props
from tests.cast import PatientClient, Reply, StaffClient, a_member_of_staff, a_patient_by_row
from tests.mutants import Mutant, is_killed
from tests.satisfaction.attachments.sending import a_file

NAME, PHONE, RELATIVE, WORDS = "欧阳明月", "13711112222", "欧阳小宝", "红包的事情只有我知道"
ANSWER = {"finding": "已核实", "action": "已整改", "responsible": "陈静"}
# Streams say only that something has changed; /live hands out the alerts, which are read as a list as well.
STREAMS = {
    *("/boards/events", "/calls/events", "/complaints/events", "/desk/events", "/hub/events", "/live"),
    *("/messages/events", "/appointments/{appointment_id}/queue/events", "/queues/{department_id}/board/events"),
    *("/queues/{department_id}/events",),
}
# What a route has to be asked with to show anything.
QUERIES = {
    "/hub/dead-letters": "?channel=call_task&state=failed&reason=",
    "/hub/messages": "?limit=100",
    "/complaints": "?limit=100",
    "/escalations": "?state=resolved",
    "/case-library": "?limit=100",
    "/desk/patients": f"?q={PHONE}",
    "/search": "?q=心",
    "/faq": "?q=心",
}
# Parts of paths that stand for nothing of this story: any value will do.
ELSEWHERE = {
    *("appeal_id", "code", "desk_id", "draw_id", "endpoint_id", "entry_id", "event", "exception_id", "faq_id"),
    *("identifier", "invitation_id", "kind", "link_id", "name", "plan_id", "questionnaire_id", "room_id", "row_id"),
    *("schedule_id", "secret", "session_id", "step_id", "stop_id", "survey_id", "token"),
}


@dataclass
class Story:
    """Two sealed complaints of one patient, with everything that can hang on them."""

    ward: Any
    patient: PatientClient
    everybody: StaffClient  # has every role and is on duty
    doctor: StaffClient  # has every role, is on duty, and is whom the first complaint is about
    complaints: dict[str, str]  # ids and numbers
    places: dict[str, list[str]]  # what stands in paths
    identity: list[str]


async def the_story(ward, drain) -> Story:
    """A sealed complaint with a picture, words, an answer, a wish to be called; and one that is in the library."""
    everybody = await a_member_of_staff(ward.site, *Role, name="全能")
    doctor = await a_member_of_staff(ward.site, *Role, name="王敏", practitioner_id=ward.slot.practitioner_id)
    for level in (1, 3):
        await props.a_duty(UUID(everybody.staff_id), level)
        await props.a_duty(UUID(doctor.staff_id), level)
    patient = await a_patient_by_row(ward.site, name=NAME, phone=PHONE, file_number="P0099887")
    account_id = UUID(patient.account_id)
    await props.a_patient(account_id, name=RELATIVE, relation="child")
    encounter_id = await ward.visit(patient, patient_name=NAME)
    picture = await a_file(patient)
    text = f"我是{NAME}，孩子叫{RELATIVE}，电话{PHONE}。{WORDS}"
    form = {"text": text, "is_sealed": True, "encounter_id": str(encounter_id), "attachment_ids": [picture]}
    first = (await patient.post("/complaints", form))["id"]
    form = {"text": text.removesuffix(WORDS), "is_sealed": True, "topic": "等候时间"}
    second = (await patient.post("/complaints", form))["id"]
    await ward.handler.post(f"/complaints/{first}/unsealing", {"reason": "需要回电"})
    for one in (first, second):
        causes = {"causes": [{"code": "information.system.down"}]}
        await ward.handler.put(f"/complaints/{one}/causes", causes)
        await ward.handler.post(f"/complaints/{one}/answer", ANSWER)
    await patient.post(f"/complaints/{first}/messages", {"text": f"请打 {PHONE} 找 欧阳 明月"})
    await drain()
    await patient.post(f"/complaints/{first}/confirmation", {"satisfied": None, "call_me": True})
    await patient.post(f"/complaints/{second}/confirmation", {"satisfied": True})
    await ward.run("relay", "relay", "propose_improvements", "watch_complaints", "recompute_dues", "relay")
    await drain()
    await _publish_case(ward)
    rows = await db.fetch("SELECT id, number FROM complaint")
    row = await db.fetch_one(
        "SELECT a.openid, e.ticket_id FROM account a, encounter e WHERE a.id = $1 AND e.id = $2",
        account_id,
        encounter_id,
    )
    assert row is not None
    return Story(
        ward,
        patient,
        everybody,
        doctor,
        {str(row["id"]): row["number"] for row in rows},
        await _places(ward, patient, encounter_id),
        [
            *(NAME, PHONE, RELATIVE, "P0099887", "*******2222", patient.patient_id, patient.account_id),
            *(row["openid"], f"…{row['openid'][-4:]}", str(encounter_id), str(row["ticket_id"])),
        ],
    )


async def _publish_case(ward) -> None:
    [draft] = (await ward.supervisor.get("/case-library/drafts"))["items"]
    case = {name: "候诊屏没有更新，久等无人说明。" for name in ("title", "story", "finding", "action", "prevention")}
    await ward.head.put(f"/case-library/{draft['id']}", case)
    await ward.supervisor.post(f"/case-library/{draft['id']}/publication")


async def _places(ward, patient: PatientClient, encounter_id: UUID) -> dict[str, list[str]]:
    async def ids(table: str, column: str = "id") -> list[str]:
        return [str(row["id"]) for row in await db.fetch(f"SELECT {column} AS id FROM {table}")]

    found = {
        "complaint_id": await ids("complaint"),
        "attachment_id": await ids("attachment"),
        "call_id": await ids("call_task"),
        "case_id": await ids("library_case"),
        "improvement_id": await ids("improvement"),
        "message_id": await ids("message"),
        "run_id": await ids("dues_run"),
        "ticket_id": await ids("ticket"),
    }
    missing = [name for name, values in found.items() if not values]
    assert missing == []  # the story has all of it
    return found | {
        "appointment_id": [str(uuid4())],
        "department_id": [str(ward.slot.department_id)],
        "encounter_id": [str(encounter_id)],
        "patient_id": [patient.patient_id],
        "person_id": [str(ward.slot.practitioner_id), patient.patient_id],
        "practitioner_id": [str(ward.slot.practitioner_id)],
        "staff_id": [ward.handler.staff_id],
        "visit_id": [str(encounter_id)],
    }


def reading_routes(site) -> Iterator[str]:
    """Every GET that staff may ask, as the product lists it, without streams."""
    paths = openapi(site.app, title="", version="")["paths"]
    streams = set()
    for path, operations_of in paths.items():
        get = operations_of.get("get")
        if get is None or not path.startswith("/api/v1/"):
            continue
        schemes = {name for one in get.get("security", []) for name in one}
        short = path.removeprefix("/api/v1")
        if any("event-stream" in kind for kind in get["responses"]["200"].get("content", {})):
            streams.add(short)
        elif "staff" in schemes:
            yield short
    assert streams == STREAMS, "a new stream: does it say more than that something has changed?"


def asked(story: Story, path: str) -> list[str]:
    """Fill in a path in every way that means something."""
    ways = [path + QUERIES.get(path, "")]
    while any("{" in one for one in ways):
        name = ways[0].partition("{")[2].partition("}")[0]
        assert name in story.places or name in ELSEWHERE, f"{path}: what is {name}? Say it in this file."
        values = story.places.get(name, [str(uuid4())])
        ways = [one.replace("{" + name + "}", value) for one in ways for value in values]
    return ways


async def walk(story: Story, staff: StaffClient) -> list[tuple[str, Reply]]:
    """Ask every route as somebody; what was shown."""
    ways = [way for path in reading_routes(story.ward.site) for way in asked(story, path)]
    assert len(ways) > 150
    turns = asyncio.Semaphore(6)

    async def ask(way: str) -> tuple[str, Reply]:
        async with turns:
            reply = await staff.call("GET", way)
        assert reply.status in (200, 403, 404, 409, 422), (way, reply.status, reply.raw)
        assert reply.status != 422 or "{" not in way, (way, reply.raw)
        return way, reply

    return list(await asyncio.gather(*(ask(way) for way in ways)))


def units(body: Any) -> Iterator[str]:
    """Part an answer into what is about one thing: the items of a list, or all of it."""
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        for item in body["items"]:
            yield str(item)
        yield str({name: value for name, value in body.items() if name != "items"})
    else:
        yield str(body)


async def nothing_names_the_patient(story: Story) -> None:
    """Somebody with every role reads everything; only the patient's own files, apart from complaints, name them."""
    refs = [*story.complaints, *story.complaints.values()]
    seen = set()
    for way, reply in await walk(story, story.everybody):
        if reply.status != 200:
            continue
        body = reply.body if reply.body is not None else reply.raw.decode(errors="replace")
        for unit in units(body):
            # what a complaint's own path gives is about it, whether it says so or not
            if not way.startswith(("/complaints/", "/calls")) and not any(ref in unit for ref in refs):
                continue
            seen.add(way.split("/")[1].partition("?")[0])
            assert not [word for word in story.identity if word in unit], (way, unit)
    assert seen >= {"complaints", "calls", "escalations", "alerts", "hub", "improvements", "case-library"}


async def the_barred_learn_nothing(story: Story) -> None:
    """Whom a complaint is about reads everything with every role, and finds neither number nor id nor words of it."""
    row = await db.fetch_one("SELECT id, number FROM complaint WHERE practitioner_id IS NOT NULL")
    assert row is not None
    for way, reply in await walk(story, story.doctor):
        text = reply.raw.decode(errors="replace")
        found = [word for word in (str(row["id"]), row["number"], WORDS) if word in text and word not in way]
        assert not found, (way, found, text)
        if str(row["id"]) in way:
            assert reply.status == 404, (way, reply.status)


async def test_no_reading_route_names_the_patient_of_a_sealed_complaint(ward, drain):
    await nothing_names_the_patient(await the_story(ward, drain))


async def test_no_reading_route_tells_the_barred_of_a_complaint(ward, drain):
    await the_barred_learn_nothing(await the_story(ward, drain))


MUTANTS = [
    Mutant(
        "calls without conflicts",
        call_models,
        "WAITING",
        (("(t.complaint_id IS NULL OR t.complaint_id NOT IN", "(true OR t.complaint_id NOT IN"),),
        the_barred_learn_nothing,
    ),
    Mutant(
        "messages without conflicts",
        operations,
        "NOT_BARRED",
        (("m.subject_id IS NULL OR", "true OR"),),
        the_barred_learn_nothing,
    ),
    Mutant(
        "sight without conflicts",
        reads,
        "IN_SIGHT",
        (("AND c.id NOT IN (SELECT b.complaint_id FROM complaints_barred_for($1) b)", ""),),
        the_barred_learn_nothing,
    ),
    Mutant(
        "messages of sealed complaints by name",
        operations,
        "SEALED",
        (("AND c.is_sealed", "AND false"),),
        nothing_names_the_patient,
    ),
]


@pytest.mark.mutant
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_route_that_forgets_is_noticed(ward, drain, monkeypatch, mutant):
    await is_killed(mutant, monkeypatch, await the_story(ward, drain))
