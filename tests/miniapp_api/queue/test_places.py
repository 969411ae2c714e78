"""The patients' own streams: told what changed of their own place, one look for all, nobody else's."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.queue import places as module
from miniapp_api.queue.places import Places, ahead_in, happened
from miniapp_api.queue.waiting import waits
from server import clock as time
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.scenes import a_scene


@pytest.fixture
async def scene(hospital, clock):
    """It is nine in the morning; the slot begins in ten minutes."""
    waits.forget()
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9, 10))


class Phone:
    """A phone that shows where its owner stands."""

    def __init__(self, reply) -> None:
        self._lines = reply.content

    async def hears(self, *kinds: str) -> dict:
        """Wait for the next event of one of these kinds, of any when none is named."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(30):
            while True:
                line = (await self._lines.readline()).decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields and (not kinds or fields["event"] in kinds):
                    return {**orjson.loads(fields["data"]), "kind": fields["event"], "id": int(fields["id"])}
                else:
                    fields = {}

    async def shows(self, right) -> dict:
        """Wait until it is as somebody wants it."""
        while not right(place := await self.hears()):
            pass
        return place


@asynccontextmanager
async def looking(person, appointment_id: str):
    url = f"{person.site.base}/api/v1/appointments/{appointment_id}/queue/events"
    async with person.site.http.get(url, headers={"Authorization": f"Bearer {person.token}"}) as reply:
        assert (reply.status, reply.content_type) == (200, "text/event-stream")
        yield Phone(reply)


def place(shown: dict) -> dict:
    return {key: value for key, value in shown.items() if key not in ("kind", "id")}


async def test_a_phone_hears_from_check_in_to_the_call_and_its_repetition(scene, clock):
    await scene.arrives()
    person, booked = await scene.books(name="李小四")
    async with looking(person, booked) as phone:
        assert (await phone.hears("place"))["state"] == "booked"
        await scene.guide.scans(await person.code(booked))
        waiting = await phone.shows(lambda place: place["state"] == "waiting")
        assert (waiting["number"], waiting["ahead"], waiting["kind"]) == ("A002", 1, "place")
        assert place(waiting) == await person.get(f"/appointments/{booked}/queue")
        first = await scene.doctor.calls_next(scene.room_id)
        assert (await phone.shows(lambda place: place["ahead"] == 0))["kind"] == "place"
        for step in ("start", "finish"):
            await scene.doctor.post(f"/tickets/{first['id']}/{step}")
        own = await scene.doctor.calls_next(scene.room_id)
        called = await phone.shows(lambda place: place["state"] == "called")
        assert (called["kind"], called["room"]) == ("called", "2诊室")
        await clock.forward(minutes=1)
        await scene.doctor.post(f"/tickets/{own['id']}/recall")
        assert (await phone.hears("recalled"))["id"] > called["id"]


async def test_a_pause_is_told_to_who_waits(scene):
    person, booked, _ = await scene.arrives()
    async with looking(person, booked) as phone:
        await phone.hears("place")
        await scene.doctor.post(f"/rooms/{scene.room_id}/pause")
        paused = await phone.hears("paused")
        assert place(paused) == await person.get(f"/appointments/{booked}/queue")
        await scene.doctor.post(f"/rooms/{scene.room_id}/resume")
        assert (await phone.shows(lambda place: not place["pause"]))["kind"] == "place"


async def test_only_the_owner_may_look(scene):
    _, booked, _ = await scene.arrives()
    stranger = await a_patient_by_row(scene.site)
    path = f"/appointments/{booked}/queue/events"
    assert (await stranger.refused(path, method="GET")).status == 404
    assert (await stranger.refused(f"/appointments/{uuid4()}/queue/events", method="GET")).status == 404
    assert (await scene.guide.refused(path, method="GET")).status == 403


async def test_whoever_comes_back_is_told_at_once_what_holds_now(scene):
    person, booked, _ = await scene.arrives()
    async with looking(person, booked) as phone:
        await phone.hears("place")
    await scene.doctor.calls_next(scene.room_id)
    async with looking(person, booked) as phone:
        assert (await phone.hears("place"))["state"] == "called"


async def test_all_at_once_are_counted_as_one_by_one(scene):
    """Some wait for a practitioner, some for any; what the streams say is what each would be told alone."""
    other = await props.a_slot(
        capacity=100,
        department_id=scene.department_id,
        practitioner_id=await props.a_practitioner(scene.department_id, name="李勇"),
        room_id=await props.a_room(scene.department_id, name="3诊室"),
        starts_at=time.at(time.today(), 9, 10),
    )
    people = [await scene.arrives(slot, name=f"张{n}三") for n, slot in enumerate((None, other, None, other, None))]
    await scene.walks_in()
    await scene.walks_in(triage="priority")
    await scene.doctor.calls_next(scene.room_id)
    waits.forget()  # the scans remembered how fast the line was before the call
    found = await module.places_of([UUID(booked) for _, booked, _ in people])
    for person, booked, _ in people:
        assert found[UUID(booked)][0] == await person.get(f"/appointments/{booked}/queue")


async def test_many_phones_cost_a_few_looks_and_only_the_changed_are_written_to(scene, monkeypatch):
    looks, look = 0, module.places_of

    async def counted(ids):
        nonlocal looks
        looks += 1
        return await look(ids)

    monkeypatch.setattr(module, "places_of", counted)
    people = [await scene.arrives(name=f"张{n}三") for n in range(12)]
    async with asyncio.TaskGroup() as group:
        begun: list[str] = []
        heard = [group.create_task(_until_called_or_next(person, booked, begun)) for person, booked, _ in people]
        while len(begun) < 12:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)  # what rang on the way here has been looked at
        before = looks
        await scene.doctor.calls_next(scene.room_id)
    assert looks - before <= 3
    assert [task.result() for task in heard] == ["called", *["place"] * 11]


async def _until_called_or_next(person, booked: str, begun: list[str]) -> str:
    async with looking(person, booked) as phone:
        await phone.hears("place")
        begun.append(booked)
        return (await phone.hears())["kind"]


async def test_more_phones_than_the_server_takes_are_asked_to_come_later(scene, monkeypatch):
    person, booked, _ = await scene.arrives()
    monkeypatch.setattr(module.places, "_at_most", 0)
    refused = await person.refused(f"/appointments/{booked}/queue/events", method="GET")
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "places_full", "15")
    assert isinstance(module.places, Places)


def test_places_are_counted_for_ones_own_practitioner_and_for_any():
    one, two = uuid4(), uuid4()
    line = [{"id": n, "practitioner_id": who} for n, who in enumerate((None, one, two, one, None, one))]
    assert ahead_in(line) == {0: 0, 1: 1, 2: 1, 3: 2, 4: 4, 5: 4}


def test_a_change_has_its_name():
    waiting, called = {"state": "waiting", "pause": None}, {"state": "called", "pause": None}
    paused = {"state": "waiting", "pause": {"reason": "break", "until": None}}
    assert happened(None, called, (0, 1)) == "place"
    assert happened(waiting, called, (0, 1)) == "called"
    assert happened(called, called, (1, 2)) == "recalled"
    assert happened(called, called, (1, 1)) == "place"
    assert happened(waiting, paused, (0, 0)) == "paused"
    assert happened(paused, waiting, (0, 0)) == "place"
