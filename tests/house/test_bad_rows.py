"""One row that cannot be dealt with holds up nobody: what was promised to all the others is kept."""

from datetime import timedelta

import pytest

from miniapp_api.queue import serving
from miniapp_api.queue.waiting import nearing
from miniapp_api.release import drawing
from miniapp_api.reports import jobs as reports
from miniapp_api.reports import making
from miniapp_api.strikes import actions as strikes
from miniapp_api.waitlist import offering
from server import clock as time
from server import db
from tests import props
from tests.cast import a_patient_by_row
from tests.miniapp_api.release.things import WINDOW, a_draw, enters, states
from tests.miniapp_api.scenes import a_scene
from tests.miniapp_api.strikes.scenes import expected
from tests.miniapp_api.waitlist.scenes import a_full_slot, gives_back, people_who_wait, state


class Poisoned:
    """Lets a step fail for the first thing that it is done to, every time."""

    def __init__(self, monkeypatch, module, name: str) -> None:
        self._real = getattr(module, name)
        self.first: object = None
        monkeypatch.setattr(module, name, self)

    async def __call__(self, what, *more, **named):
        key = getattr(what, "id", what)
        self.first = self.first or key
        if key == self.first:
            raise RuntimeError("a bad row")
        return await self._real(what, *more, **named)


async def test_a_draw_that_fails_holds_up_no_other(hospital, clock, monkeypatch):
    clinics = [await a_draw(clock, 1) for _ in range(2)]
    for clinic in clinics:
        assert (await enters(await a_patient_by_row(hospital), clinic)).status == 201
    await clock.forward(seconds=WINDOW)
    bad = Poisoned(monkeypatch, drawing, "_draw")
    await hospital.jobs["draws"].run()
    (good,) = [clinic for clinic in clinics if clinic.draw_id != bad.first]
    assert await states(good) == {"won": 1}


async def test_a_line_that_fails_holds_up_no_other(hospital, monkeypatch):
    lines = []
    for _ in range(2):
        slot, [(owner, booking)] = await a_full_slot(hospital)
        (waiting,) = await people_who_wait(hospital, slot, 1)
        await gives_back(owner, booking)
        lines.append((slot.session_id, *waiting))
    bad = Poisoned(monkeypatch, offering, "_offer_next")
    await hospital.jobs["offer_places"].run()
    (good,) = [line for line in lines if line[0] != bad.first]
    assert await state(good[1], good[2]) == "offered"


async def test_a_missed_visit_that_fails_holds_up_no_other(hospital, clock, monkeypatch):
    starts_at = time.now() + timedelta(hours=1)
    for _ in range(2):
        await expected(await a_patient_by_row(hospital), starts_at=starts_at)
    await clock.set_to(starts_at + timedelta(hours=8))
    Poisoned(monkeypatch, strikes, "_strike")
    assert await strikes.mark_no_shows() == 1
    assert await props.count("appointment", "status = 'no_show'") == 1
    assert await props.count("strike") == 1


@pytest.fixture
async def scene(hospital, clock):
    """It is nine, the clinic begins."""
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_scene(hospital, starts_at=time.at(time.today(), 9), ends_at=time.at(time.today(), 12))


async def test_a_turn_that_cannot_be_told_holds_up_no_other(scene, monkeypatch):
    for _ in range(6):
        await scene.arrives()
    for _ in range(2):
        ticket = (await scene.doctor.post(f"/rooms/{scene.room_id}/calls", {}))["ticket"]
        await scene.doctor.post(f"/tickets/{ticket['id']}/start", {})
        await scene.doctor.post(f"/tickets/{ticket['id']}/finish", {})
    real, failed = nearing.publish, []

    async def publish(fact):
        failed.append(fact.ticket_id)
        if fact.ticket_id == failed[0]:
            raise RuntimeError("a bad row")
        await real(fact)

    monkeypatch.setattr(nearing, "publish", publish)
    await nearing.tell_near()
    assert len(failed) == 2
    assert await props.count("fact", "name = 'TurnIsNear'") == 1


async def test_a_ticket_that_cannot_be_closed_holds_up_no_other_and_the_look_ends(scene, clock, monkeypatch):
    for _ in range(3):
        await scene.arrives()
    await clock.forward(days=1)
    Poisoned(monkeypatch, serving, "_gone")
    await scene.site.jobs["close_queues"].run()
    assert await props.count("ticket", "state = 'left'") == 2
    assert await props.count("ticket", "state = 'waiting'") == 1


async def test_days_that_a_failed_look_has_not_corrected_are_looked_at_again(hospital, monkeypatch):
    looked = []

    async def correct_sent(days=None):
        looked.append(days)
        if len(looked) == 2:
            raise ConnectionRefusedError

    monkeypatch.setattr(making, "correct_sent", correct_sent)
    asked = []

    async def moved_since(first):
        asked.append(first)
        return {time.today()}

    monkeypatch.setattr(making, "moved_since", moved_since)
    monkeypatch.setitem(reports._looked, "from", None)
    await reports.correct_sent()
    with pytest.raises(ConnectionRefusedError):
        await reports.correct_sent()
    await reports.correct_sent()
    assert looked == [None, {time.today()}, {time.today()}]
    assert asked[1] == asked[0]  # from the same moment as the look that failed


async def test_a_report_that_cannot_be_corrected_holds_up_no_other_and_is_said(hospital, monkeypatch):
    at, days = time.now(), [time.today() - timedelta(days=n) for n in (2, 1)]
    rows = [{"name": "desk-arrivals", "day": day, "due_at": at, "last_at": at - making.GAP, "last": 0} for day in days]
    corrected, real = [], db.fetch

    async def fetch(sql, *args):
        return rows if sql == making.models.TO_CORRECT else await real(sql, *args)

    async def correct(name, day, due_at, number):
        corrected.append(day)
        if day == days[0]:
            raise RuntimeError("a bad report")
        return True

    monkeypatch.setattr(making, "correct", correct)
    monkeypatch.setattr(making.db, "fetch", fetch)
    with pytest.raises(RuntimeError, match="a bad report"):
        await making.correct_sent()
    assert corrected == days
