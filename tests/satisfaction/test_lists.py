"""What is listed costs the same with three lines and with thirty: no list asks the database line by line."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.calls.tasks import NewCall, place
from server import clock as time
from server import db
from server.ids import new_id
from tests import props
from tests.cast import StaffClient, a_member_of_staff

LISTS = (
    ("patient", "/surveys"),
    ("patient", "/complaints"),
    ("patient", "/messages"),
    ("handler", "/complaints"),
    ("handler", "/complaints?order=urgent"),
    ("handler", "/alerts"),
    ("handler", "/escalations"),
    ("supervisor", "/calls"),
    ("supervisor", "/improvements"),
    ("supervisor", "/survey-comments?state=waiting"),
    ("operator", "/hub/messages"),
    ("operator", "/admin/webhooks"),
)


@pytest.fixture
async def operator(hospital) -> StaffClient:
    return await a_member_of_staff(hospital, "operations", "admin")


async def fill(ward, operator: StaffClient, count: int) -> None:
    """So many of everything: half of the visits are rated badly, with words."""
    account_id, before = UUID(ward.patient.account_id), await props.count("response")
    for _ in range(count):
        for _ in range(2):
            member = replace(ward.patient, patient_id=str(await props.a_patient(account_id, relation="other")))
            await ward.visit(member)
        await ward.supervisor.post(
            "/improvements",
            {
                "title": "换叫号机",
                "department_id": str(await props.a_department()),
                "metric": "complaint_rate",
                "cause_code": "process.waiting.clinic",
            },
        )
        url = f"https://1.1.1.1/{new_id()}"
        await operator.post("/admin/webhooks", {"url": url, "events": ["visit.called"]})
        async with db.transaction():
            now = time.now()
            await place(
                NewCall(
                    source=f"test:{new_id()}",
                    kind="message",
                    patient_id=UUID(ward.patient.patient_id),
                    title="报告",
                    reason="消息未送达",
                    due_at=now,
                    window_ends_at=now + timedelta(days=3),
                )
            )
    await ward.run("relay", "open_invitations", "relay")
    asked = await db.fetch("SELECT id FROM invitation WHERE state = 'invited' ORDER BY id LIMIT $1", count)
    for row in asked:
        answers = {"overall": 1, "improve": "等候时间太长，希望叫号快一些"}
        await ward.patient.post(f"/surveys/{row['id']}/response", {"answers": answers})
    assert await props.count("response") == before + count
    await ward.run("relay")


async def lines_and_statements(client, path: str, statements: list[str]) -> tuple[int, int]:
    """How long a list is, and how many statements it takes; what is remembered may run out in one of the looks."""
    taken, lines = [], 0
    for _ in range(3):
        statements.clear()
        lines = len((await client.get(f"{path}{'&' if '?' in path else '?'}limit=100"))["items"])
        taken.append(len(statements))
    return lines, min(taken)


async def test_a_list_costs_no_more_when_it_grows(ward, operator, clock, statements):
    names = ("patient", "handler", "supervisor")
    who = {"operator": operator, **{name: getattr(ward, name) for name in names}}
    found = []
    for count in (3, 27):
        await fill(ward, operator, count)
        await clock.forward(minutes=15)  # nobody has taken a complaint
        await ward.run("watch_complaints", "relay")
        found.append({one: await lines_and_statements(who[one[0]], one[1], statements) for one in LISTS})
    few, many = found
    short = {one: (few[one][0], many[one][0]) for one in LISTS if few[one][0] < 3 or many[one][0] < 30}
    assert not short
    dear = {one: (few[one][1], many[one][1]) for one in LISTS if many[one][1] > few[one][1]}
    assert not dear
