"""What a simulated patient does, from the first tap to the answered complaint."""

import asyncio
import math
from typing import Any
from uuid import uuid4

from infra.simulate.plan import Person, accepts
from infra.simulate.wire import Unexpected
from infra.simulate.world import Clinic, Morning, Visit

API = "/api/v1"
LOOKS_FOR_A_PLACE = 5
LOOK_SECONDS = 2.0  # between two looks at the phone: real people look as often, however fast the day is played
SURVEY_LOOKS = 15
COMPLAINT_LOOKS = 25
NO_PLACE = ("slot_full", "slot_over", "session_stopped")


async def live(morning: Morning, visit: Visit, evening_seconds: float) -> None:
    """Play one person's day; whatever answer surprises them ends it, and is in the record."""
    try:
        if visit.person.is_walk_in:
            await _walk_in(morning, visit)
        else:
            await asyncio.sleep(visit.person.starts_at_share * evening_seconds)
            await _with_a_phone(morning, visit)
    except Unexpected:
        visit.end(turned_away=True)


async def _with_a_phone(morning: Morning, visit: Visit) -> None:
    await _sign_in(morning, visit)
    await _allow_messages(morning, visit)
    band = await _book(morning, visit)
    if band is None:
        morning.figures.no_place += 1
        visit.end()
        return
    morning.figures.booked += 1
    if visit.person.cancels:
        await _cancel(morning, visit)
        visit.end()
        return
    if not visit.person.comes:
        morning.figures.no_show += 1
        visit.end()
        return
    await morning.until(band * morning.pace.band_minutes + visit.person.arrives_minutes)
    morning.line.put_nowait(visit)
    await _be_seen(morning, visit)
    if visit.turned_away:
        return
    await _look_at_the_inbox(morning, visit)
    if visit.person.stars is not None:
        await _rate(morning, visit, visit.person.stars)


async def _walk_in(morning: Morning, visit: Visit) -> None:
    await morning.until(visit.person.arrives_minutes)
    morning.line.put_nowait(visit)
    await _be_seen(morning, visit)


async def _sign_in(morning: Morning, visit: Visit) -> None:
    person = visit.person
    visit.openid = f"sim-{morning.run}-{person.number}"
    await morning.platform.ask("POST", "/_sim/users", {"openid": visit.openid})
    login = await morning.platform.ask("POST", f"/_sim/users/{visit.openid}/login", {})
    session = await morning.product.ask("POST", f"{API}/sessions", {"code": login.body["code"]})
    visit.token = session.body["token"]
    form = {
        "name": person.name,
        "phone": person.phone,
        "gender": person.gender,
        "birth_date": person.birth_date.isoformat(),
        "relation": "self",
    }
    patient = await morning.product.ask("POST", f"{API}/patients", form, token=visit.token)
    visit.patient_id = patient.body["id"]


async def _allow_messages(morning: Morning, visit: Visit) -> None:
    """Answer the pop-up, three templates at a time as the platform allows; phone and platform both report it."""
    answers = [
        {"template_id": template, "result": "accept" if accepts(visit.person, number) else "reject"}
        for number, template in enumerate(morning.templates.values())
    ]
    for first in range(0, len(answers), 3):
        results = answers[first : first + 3]
        await morning.platform.ask("POST", f"/_sim/users/{visit.openid}/subscriptions", {"results": results})
        await morning.product.ask("POST", f"{API}/consents", {"results": results}, token=visit.token)


async def _book(morning: Morning, visit: Visit) -> int | None:
    """Find a place and take it; give its band, or None when there is none left."""
    wants_a_full_one = visit.person.wants_a_full_one
    for look in range(LOOKS_FOR_A_PLACE + len(morning.clinics)):
        clinic = _wished(morning, visit.person, look)
        path = f"{API}/slots?department={clinic.department_id}&practitioner={clinic.practitioner_id}"
        seen = (await morning.product.ask("GET", path, token=visit.token)).body["items"]
        slots = [slot for slot in seen if slot["session_id"] == clinic.session_id]
        full = [slot for slot in slots if slot["available"] == 0]
        if wants_a_full_one and full:
            wants_a_full_one = False
            await _take(morning, visit, full[0])
        open_slots = [slot for slot in slots if slot["status"] == "open" and slot["available"] > 0]
        if open_slots:
            aim = visit.person.taste * (morning.pace.bands - 1)
            slot = min(open_slots, key=lambda slot: abs(clinic.slot_ids.index(slot["id"]) - aim))
            if await _take(morning, visit, slot):
                return clinic.slot_ids.index(slot["id"])
    return None


def _wished(morning: Morning, person: Person, look: int) -> Clinic:
    first = min(len(morning.clinics) - 1, math.floor(person.wish * len(morning.clinics)))
    return morning.clinics[(first + look) % len(morning.clinics)]


async def _take(morning: Morning, visit: Visit, slot: dict[str, Any]) -> bool:
    form = {"slot_id": slot["id"], "patient_id": visit.patient_id}
    key = str(uuid4())
    times = 2 if visit.person.sends_twice else 1
    sent = [
        morning.product.ask("POST", f"{API}/appointments", form, token=visit.token, key=key, refusals=NO_PLACE)
        for _ in range(times)
    ]
    answers = await asyncio.gather(*sent)
    if len({(answer.status, str(_own(answer.body))) for answer in answers}) > 1:
        raise morning.record.surprise(f"one key, two answers: {[(a.status, a.code, a.body) for a in answers]}")
    if answers[0].code:
        return False
    visit.appointment_id = answers[0].body["id"]
    return True


def _own(body: dict[str, Any]) -> dict[str, Any]:
    """Give an answer without what differs between two requests that are refused alike."""
    return {name: value for name, value in body.items() if name != "request_id"}


async def _cancel(morning: Morning, visit: Visit) -> None:
    path = f"{API}/appointments/{visit.appointment_id}/cancellation"
    answer = await morning.product.ask(
        "POST", path, {"reason": "临时有事"}, token=visit.token, refusals=("cancel_too_late",)
    )
    if answer.code:
        morning.figures.no_show += 1
    else:
        morning.figures.cancelled += 1


async def show_code(morning: Morning, visit: Visit) -> str:
    """Give what the phone shows at the desk now."""
    path = f"{API}/appointments/{visit.appointment_id}/code"
    return (await morning.product.ask("GET", path, token=visit.token)).body["code"]


async def _be_seen(morning: Morning, visit: Visit) -> None:
    """Wait, hear the call, walk to the room, be treated; one who misses the call comes back to the desk."""
    await visit.checked_in.wait()
    if visit.turned_away:
        return
    while True:
        await _hear(morning, visit)
        if visit.finished.is_set():
            return
        visit.called.clear()
        if visit.person.misses_the_call and not visit.missed_once:
            visit.missed_once = True  # in the corridor; the room passes over, and then they ask at the desk
        else:
            await morning.pass_minutes(visit.person.walk_minutes)
            visit.at_the_door.set()


async def _hear(morning: Morning, visit: Visit) -> None:
    """Look at the phone from time to time until the loudspeaker calls."""
    while not visit.called.is_set():
        try:
            async with asyncio.timeout(max(LOOK_SECONDS, morning.pace.seconds(6.0))):
                await visit.called.wait()
        except TimeoutError:
            if visit.appointment_id:
                await morning.product.ask("GET", f"{API}/appointments/{visit.appointment_id}/queue", token=visit.token)


async def _look_at_the_inbox(morning: Morning, visit: Visit) -> None:
    await morning.product.ask("GET", f"{API}/messages?limit=20", token=visit.token)
    await morning.product.ask("GET", f"{API}/appointments/{visit.appointment_id}", token=visit.token)


async def _rate(morning: Morning, visit: Visit, stars: int) -> None:
    survey = await _invitation(morning, visit)
    if survey is None:
        return
    shown = (await morning.product.ask("GET", f"{API}/surveys/{survey['id']}", token=visit.token)).body
    form: dict[str, Any] = {"answers": _answers(shown["items"], stars)}
    if visit.person.comment:
        form["comment"] = visit.person.comment
    if stars <= 2:
        form["contact_me"] = visit.person.wants_contact
    path = f"{API}/surveys/{survey['id']}/response"
    receipt = (await morning.product.ask("POST", path, form, token=visit.token)).body
    morning.figures.rated += 1
    if stars <= 2 and not receipt["is_low"]:
        raise morning.record.surprise(f"{stars} stars are not taken for a low rating")
    if receipt["is_low"]:
        morning.figures.low += 1
        await _follow_the_complaint(morning, visit)


async def _invitation(morning: Morning, visit: Visit) -> dict[str, Any] | None:
    for _ in range(SURVEY_LOOKS):
        surveys = (await morning.product.ask("GET", f"{API}/surveys", token=visit.token)).body["items"]
        for survey in surveys:
            if not survey["answered"]:
                return survey
        await asyncio.sleep(LOOK_SECONDS)
    return None


def _answers(items: list[dict[str, Any]], stars: int) -> dict[str, Any]:
    """Answer the stars of a questionnaire; everything else may be left out unless it is required."""
    answers: dict[str, Any] = {}
    for item in items:
        if item["type"] == "stars":
            answers[item["id"]] = stars
        elif item["type"] == "yes_no":
            answers[item["id"]] = stars >= 3
    return answers


async def _follow_the_complaint(morning: Morning, visit: Visit) -> None:
    """Wait for the complaint that opens by itself, and for its answer; then say whether it satisfies."""
    is_open = False
    for _ in range(COMPLAINT_LOOKS):
        complaints = (await morning.product.ask("GET", f"{API}/complaints", token=visit.token)).body["items"]
        if complaints and not is_open:
            is_open = True
            morning.figures.complaints += 1
        if complaints and complaints[0]["state"] == "answered":
            path = f"{API}/complaints/{complaints[0]['id']}/confirmation"
            await morning.product.ask("POST", path, {"satisfied": visit.person.is_satisfied}, token=visit.token)
            morning.figures.confirmed += 1
            return
        await asyncio.sleep(LOOK_SECONDS)
    if not is_open:
        raise morning.record.surprise("a low rating opened no complaint")
