"""What the simulated staff do: guides at the desk, rooms, complaint handlers."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

from infra.simulate.patients import API, show_code
from infra.simulate.plan import Show
from infra.simulate.wire import Answer, Unexpected
from infra.simulate.world import Clinic, Member, Morning, Visit
from server import clock

SCAN_MINUTES = 0.4
REGISTER_MINUTES = 1.0
WAIT_AT_THE_DOOR_MINUTES = 4.0
IDLE_SECONDS = 0.5
HANDLER_LOOK_SECONDS = 1.0
FORGETS_SHARE = 0.1
ADVICE = "清淡饮食，规律作息，如有不适及时就诊。"
REPLY = "您好，您的反馈已经收到，我正在向科室核实，核实后会回复您。"
ANSWER = {
    "finding": "当日候诊人数较多，现场说明不及时。",
    "action": "已与科室沟通，候诊延误时由导诊台主动告知。",
    "responsible": "患者服务中心",
    "objection": "如不满意，可在本页面再次反馈，我们会由上级重新办理。",
}


async def guide(morning: Morning, me: Member, colleague: Member) -> None:
    """Take whoever stands first in line: scan, register, and bring back those who missed their call."""
    while not morning.closing.is_set():
        visit = await _first_in(morning)
        if visit is None:
            continue
        try:
            if visit.missed_once and visit.ticket_id:
                await _bring_back(morning, me, visit)
            elif visit.person.is_walk_in:
                await _register(morning, me, visit)
            else:
                await _check_in(morning, (me, colleague), visit)
        except Unexpected:
            visit.end(turned_away=True)


async def _first_in(morning: Morning) -> Visit | None:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await morning.line.get()
    except TimeoutError:
        return None


async def _check_in(morning: Morning, guides: tuple[Member, Member], visit: Visit) -> None:
    await morning.pass_minutes(SCAN_MINUTES)
    code = await show_code(morning, visit)
    first_id = str(uuid4())
    show = visit.person.show
    scans = [(guides[0], first_id)]
    if show is Show.AGAIN:
        scans.append((guides[0], first_id))
    elif show is Show.TWO_GUIDES:
        scans.append((guides[1], str(uuid4())))
    answers = await asyncio.gather(*(_scan(morning, me, code, scan_id) for me, scan_id in scans))
    expected = ["accepted", "already_checked_in"] if show is Show.TWO_GUIDES else ["accepted"] * len(scans)
    outcomes = sorted(answer.body["outcome"] for answer in answers)
    tickets = {(answer.body.get("ticket") or {}).get("id") for answer in answers}
    if outcomes != expected or len(tickets) != 1:
        said = [(answer.body["outcome"], answer.body.get("reason")) for answer in answers]
        raise morning.record.surprise(f"desk scan shown {show}: {said}, {len(tickets)} tickets")
    morning.meet(visit, answers[0].body["ticket"])


async def _scan(morning: Morning, me: Member, code: str, scan_id: str) -> Answer:
    form = {"scan_id": scan_id, "code": code, "desk_id": morning.desk_id}
    return await morning.product.ask("POST", f"{API}/desk/scans", form, token=me.token)


async def _register(morning: Morning, me: Member, visit: Visit) -> None:
    await morning.pass_minutes(REGISTER_MINUTES)
    person = visit.person
    clinic = morning.clinics[int(person.wish * len(morning.clinics))]
    form = {
        "patient": {"name": person.name, "phone": person.phone, "gender": person.gender},
        "department_id": clinic.department_id,
        "triage": "priority" if person.birth_date.year < 1945 else "normal",
    }
    answer = await morning.product.ask("POST", f"{API}/desk/walk-ins", form, token=me.token)
    morning.figures.walk_ins += 1
    morning.meet(visit, answer.body["ticket"])


async def _bring_back(morning: Morning, me: Member, visit: Visit) -> None:
    await morning.product.ask("POST", f"{API}/tickets/{visit.ticket_id}/return", {}, token=me.token)
    morning.figures.waiting += 1


async def room(morning: Morning, clinic: Clinic) -> None:
    """Call, wait for the patient, treat, finish, until nobody is left."""
    me = morning.member_for("room", clinic.department_id)
    while not morning.closing.is_set():
        try:
            ticket = await _next_ticket(morning, me, clinic)
            if ticket is None:
                await asyncio.sleep(IDLE_SECONDS)
            else:
                await _treat(morning, me, ticket)
        except Unexpected:
            await asyncio.sleep(IDLE_SECONDS)


async def _next_ticket(morning: Morning, me: Member, clinic: Clinic) -> dict[str, Any] | None:
    answer = await morning.product.ask(
        "POST",
        f"{API}/rooms/{clinic.room_id}/calls",
        {},
        token=me.token,
        refusals=("queue_empty", "room_busy"),
    )
    if not answer.code:
        return answer.body["ticket"]
    if answer.code == "room_busy":  # an earlier run was cut off here: treat whom it left
        return await _left_in_the_room(morning, me, clinic)
    return None


async def _left_in_the_room(morning: Morning, me: Member, clinic: Clinic) -> dict[str, Any] | None:
    queue = await morning.product.ask("GET", f"{API}/queues/{clinic.department_id}", token=me.token)
    for ticket in queue.body["tickets"]:
        room_id = ticket.get("room_id") or (ticket.get("room") or {}).get("id")
        if room_id == clinic.room_id and ticket["state"] in ("called", "in_service"):
            return ticket
    return None


async def _treat(morning: Morning, me: Member, ticket: dict[str, Any]) -> None:
    visit = morning.by_ticket.get(ticket["id"])
    path = f"{API}/tickets/{ticket['id']}"
    if visit is None:  # somebody outside the play
        if ticket["state"] == "called":
            await morning.product.ask("POST", f"{path}/start", {}, token=me.token)
        await morning.product.ask("POST", f"{path}/finish", {}, token=me.token)
        return
    morning.figures.waiting -= 1
    try:
        if not await _comes_in(morning, visit):
            await morning.product.ask("POST", f"{path}/pass-over", {}, token=me.token)
            morning.figures.missed_calls += 1
            morning.line.put_nowait(visit)
            return
        await morning.product.ask("POST", f"{path}/start", {}, token=me.token)
        morning.figures.in_service += 1
        try:
            await morning.pass_minutes(visit.person.service_minutes)
            await morning.product.ask("POST", f"{path}/finish", _outcome(visit), token=me.token)
        finally:
            morning.figures.in_service -= 1
        morning.figures.done += 1
        visit.end()
    except Unexpected:
        visit.end(turned_away=True)
        raise


async def _comes_in(morning: Morning, visit: Visit) -> bool:
    visit.at_the_door.clear()
    visit.called.set()
    try:
        async with asyncio.timeout(max(0.5, morning.pace.seconds(WAIT_AT_THE_DOOR_MINUTES))):
            await visit.at_the_door.wait()
    except TimeoutError:
        visit.missed_once = True
        return False
    return True


def _outcome(visit: Visit) -> dict[str, Any]:
    if visit.person.revisit_in_days is None:
        return {"advice": ADVICE}
    return {
        "advice": ADVICE,
        "revisit_on": (clock.today() + timedelta(days=visit.person.revisit_in_days)).isoformat(),
    }


async def handler(morning: Morning, me: Member) -> None:
    """Watch the alerts: acknowledge, write a first reply, answer. One in ten is forgotten."""
    rng = Random(f"{morning.seed}:{me.username}")
    seen: set[str] = set()
    while not morning.closing.is_set():
        with suppress(Unexpected):  # it is in the record; the next look may be luckier
            for alert in await _new_alerts(morning, me, seen):
                seen.add(alert["id"])
                if rng.random() >= FORGETS_SHARE:
                    await _take_up(morning, me, alert)
        await asyncio.sleep(HANDLER_LOOK_SECONDS)


async def _new_alerts(morning: Morning, me: Member, seen: set[str]) -> list[dict[str, Any]]:
    alerts = (await morning.product.ask("GET", f"{API}/alerts?limit=100", token=me.token)).body["items"]
    return [
        alert
        for alert in alerts
        if alert["id"] not in seen and alert["state"] == "raised" and alert["subject_kind"] == "complaint"
    ]


async def _take_up(morning: Morning, me: Member, alert: dict[str, Any]) -> None:
    await morning.product.ask("POST", f"{API}/alerts/{alert['id']}/acknowledgement", {}, token=me.token)
    morning.figures.acknowledged += 1
    path = f"{API}/complaints/{alert['subject_id']}"
    await morning.product.ask("POST", f"{path}/reply", {"text": REPLY}, token=me.token)
    await morning.pass_minutes(10.0)
    await morning.product.ask("POST", f"{path}/answer", ANSWER, token=me.token)
    morning.figures.answered += 1
