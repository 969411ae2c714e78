"""Reminders: at the right moment, once, with what holds at that moment, and not when the booking is gone."""

import asyncio
import inspect
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from notifications import hub, reminders
from notifications.outbox import parcels, statements
from notifications.reminders import moments_of_visit
from server import clock as time
from server import db
from tests import props
from tests.notifications.bookings import (
    Booking,
    books,
    changes_room,
    ends,
    is_scanned_by_mistake,
    moves,
    shifts,
    stops,
    told,
)
from tests.notifications.telling import a_phone, calls, finished, happens, until
from tests.processes import a_process

DAY = date(2026, 11, 25)


def kinds(starts_at: datetime, booked_at: datetime) -> list[str]:
    return [moment.kind for moment in moments_of_visit(starts_at, booked_at) if not moment.is_missed]


@pytest.mark.parametrize(
    ("booked_at", "expected"),
    [
        (time.at(DAY - timedelta(days=3), 12), ["visit_day_before", "visit_two_hours"]),
        (time.at(DAY - timedelta(days=1), 17, 59), ["visit_day_before", "visit_two_hours"]),
        (time.at(DAY - timedelta(days=1), 18, 0), ["visit_two_hours"]),
        (time.at(DAY, 6, 50), ["visit_two_hours"]),
        (time.at(DAY, 6, 51), []),
    ],
)
def test_what_is_promised_depends_on_when_it_was_booked(booked_at, expected):
    assert kinds(time.at(DAY, 9), booked_at) == expected


def test_the_evening_before_is_eighteen_oclock_in_the_hospitals_zone():
    (first, second) = moments_of_visit(time.at(DAY, 9), time.at(DAY - timedelta(days=3), 9))
    assert first.due_at == time.at(DAY - timedelta(days=1), 18)
    assert first.deadline < time.at(DAY, 0)
    assert (second.due_at, second.deadline) == (time.at(DAY, 7), time.at(DAY, 9))


@pytest.fixture
async def phone(hospital, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 9))
    return await a_phone(hospital)


def the_day_after_tomorrow(hour: int) -> datetime:
    return time.at(time.today() + timedelta(days=2), hour)


def tomorrow_evening() -> datetime:
    return time.at(time.today() + timedelta(days=1), 18, 1)


async def inbox_events(phone) -> list[str]:
    return [message["event"] for message in await phone.inbox()][::-1]


async def test_both_reminders_come_once(hospital, drain, clock, phone):
    starts_at = the_day_after_tomorrow(10)
    await books(phone, starts_at)
    await drain()
    assert await inbox_events(phone) == ["appointment_booked"]
    for moment in (tomorrow_evening(), starts_at - timedelta(minutes=119)):
        await clock.set_to(moment)
        await drain()
        await drain()
    assert await inbox_events(phone) == ["appointment_booked", "visit_day_before", "visit_two_hours"]
    newest = (await phone.inbox())[0]
    assert newest["actions"][0]["link"].endswith("&ask=cancel")


async def test_a_cancelled_booking_reminds_nobody(hospital, drain, clock, phone):
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await ends(booking)
    await drain()
    assert await props.count("reminder", "state = 'planned'") == 0
    await clock.forward(days=2)
    await drain()
    assert await inbox_events(phone) == ["appointment_booked", "appointment_cancelled"]


async def test_a_cancellation_that_nobody_has_heard_of_yet_stops_the_reminder(hospital, drain, clock, phone):
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await ends(booking)  # its fact waits
    await clock.set_to(tomorrow_evening())
    await hospital.jobs["due_reminders"].run()
    assert await told() == []


async def is_ready_to_leave(hospital, drain, clock, phone) -> Booking:
    """Let a reminder become a message whose call has not been made yet."""
    await phone.accepts("appointment_reminder")
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await clock.set_to(tomorrow_evening())
    await hospital.jobs["due_reminders"].run()
    assert await props.count("delivery", "channel = 'wechat_subscribe' AND template_key = 'appointment_reminder'") == 1
    return booking


LEFT = "template_key = 'appointment_reminder' AND state IN ('accepted', 'delivered')"


@pytest.mark.parametrize("end", [ends, stops], ids=["cancelled", "stopped"])
async def test_the_last_look_is_just_before_the_call(hospital, drain, clock, phone, end):
    booking = await is_ready_to_leave(hospital, drain, clock, phone)
    await end(booking)
    await hospital.jobs["dispatch_wechat_subscribe"].run()
    row = await db.fetch_one("SELECT state, reason FROM delivery WHERE template_key = 'appointment_reminder'")
    assert row == {"state": "cancelled", "reason": "visit_not_expected"}
    assert await calls(hospital, openid=str(booking.id)) == []
    # the consent is still there for another message
    assert await props.count("consent_credit", "spent_at IS NULL AND template_key = 'appointment_reminder'") == 1


async def test_without_the_last_look_it_would_leave(hospital, drain, clock, phone, monkeypatch):
    """The mutant of the test above."""
    booking = await is_ready_to_leave(hospital, drain, clock, phone)
    await ends(booking)
    look = "message_stays(m)"
    assert look in statements.TAKE
    monkeypatch.setattr(parcels, "TAKE", statements.TAKE.replace(look, "NULL::text"))
    await hospital.jobs["dispatch_wechat_subscribe"].run()
    assert await props.count("delivery", LEFT) == 1


async def test_a_rescheduled_booking_says_nothing_and_reminds_of_the_new_one_only(hospital, drain, clock, phone):
    old = await books(phone, the_day_after_tomorrow(10))
    new = await moves(phone, old, the_day_after_tomorrow(15))
    await drain()
    await clock.set_to(tomorrow_evening())
    await drain()
    assert [row["subject_id"] for row in await told()] == [new.id]
    assert "appointment_cancelled" not in await inbox_events(phone)


async def test_the_same_appointment_at_another_time_is_reminded_of_then(hospital, drain, clock, phone):
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await clock.set_to(tomorrow_evening())
    await drain()
    later = time.at(time.today() + timedelta(days=3), 15)
    await shifts(booking, later)
    for moment in (the_day_after_tomorrow(8), time.at(time.today() + timedelta(days=2), 18, 1)):
        await clock.set_to(moment)
        await drain()
    assert [(row["event"], row["visit_at"]) for row in await told()] == [
        ("visit_day_before", booking.starts_at),
        ("visit_day_before", later),
    ]


async def test_a_reminder_names_the_room_of_the_moment(hospital, drain, clock, phone):
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await changes_room(booking, "9诊室")
    await clock.set_to(tomorrow_evening())
    await drain()
    (row,) = await told()
    assert "9诊室" in row["lines"]


async def test_a_check_in_that_was_taken_back_changes_nothing(hospital, drain, clock, phone):
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    await is_scanned_by_mistake(booking)
    await clock.set_to(tomorrow_evening())
    await drain()
    assert len(await told()) == 1


async def test_a_late_relay_does_not_lose_a_reminder(hospital, drain, clock, phone):
    await books(phone, the_day_after_tomorrow(10))
    await clock.set_to(tomorrow_evening())  # nobody heard of the booking until now
    await drain()
    assert [row["event"] for row in await told()] == ["visit_day_before"]


async def test_tomorrow_is_not_told_the_day_after(hospital, drain, clock, phone):
    await books(phone, the_day_after_tomorrow(10))
    await drain()
    await clock.set_to(the_day_after_tomorrow(7))  # no worker ran in the evening
    await drain()
    assert "visit_day_before" not in await inbox_events(phone)


async def test_a_return_visit_is_told_on_the_morning_before(hospital, drain, clock, phone):
    revisit_on = time.today() + timedelta(days=14)
    await happens(finished(phone.account_id, revisit_on=revisit_on))
    await drain()
    await clock.set_to(time.at(revisit_on - timedelta(days=1), 8, 59))
    await drain()
    assert "revisit_reminder" not in await inbox_events(phone)
    await clock.forward(minutes=2)
    await drain()
    await drain()
    assert (await inbox_events(phone)).count("revisit_reminder") == 1


async def test_a_return_visit_tomorrow_is_told_now(hospital, drain, clock, phone):
    await happens(finished(phone.account_id, revisit_on=time.today() + timedelta(days=1)))
    await drain()
    assert (await inbox_events(phone)).count("revisit_reminder") == 1


async def test_one_bad_reminder_does_not_hold_up_the_others(hospital, drain, clock, phone, monkeypatch):
    bad, good = [await books(phone, the_day_after_tomorrow(hour)) for hour in (9, 15)]
    await drain()

    def fails_for_one(kind, visit, **more):
        assert visit.id != bad.id
        return write(kind, visit, **more)

    write = reminders.visit_reminder
    monkeypatch.setattr(reminders, "visit_reminder", fails_for_one)
    await clock.set_to(tomorrow_evening())
    await hospital.jobs["due_reminders"].run()
    assert [row["subject_id"] for row in await told()] == [good.id]


# ---- whatever happens, in whatever order, whoever dies -------------------------------------------------------------


class Histories:
    """A random life of a few bookings, and what each was booked for at any time."""

    def __init__(self, hospital, clock, phone, dice: random.Random) -> None:
        self.hospital, self.clock, self.phone, self.dice = hospital, clock, phone, dice
        self.open: dict[UUID, Booking] = {}
        self.spans: list[tuple[UUID, datetime, datetime, datetime | None]] = []  # id, visit_at, from, to
        self.looks: list[datetime] = []  # complete ones

    def _begins(self, booking: Booking) -> None:
        self.open[booking.id] = booking
        self.spans.append((booking.id, booking.starts_at, time.now(), None))

    def _ends(self, booking: Booking) -> None:
        self.open.pop(booking.id, None)
        self.spans = [
            (one, visit_at, since, time.now() if one == booking.id and to is None else to)
            for one, visit_at, since, to in self.spans
        ]

    def _some_time(self) -> datetime:
        day = time.today() + timedelta(days=self.dice.choice([1, 1, 2, 3]))
        return time.at(day, self.dice.choice([8, 9, 10, 14, 16]), self.dice.choice([0, 30]))

    async def step(self) -> None:
        acts: list[Callable[[], Awaitable[None]]] = [self._book, self._look, self._look, self._killed_look, self._wait]
        acts += [
            self._wait,
            self._wait,
            self._wait,
            self._wait,
            self._look,
            self._relay_only,
            self._tell_only,
            self._book,
        ]
        if len(self.open) > 3:
            acts += [self._move, self._cancel, self._stop, self._shift, self._shift, self._annul]
        await self.dice.choice(acts)()

    async def _book(self) -> None:
        self._begins(await books(self.phone, self._some_time()))

    def _one(self) -> Booking:
        return self.dice.choice(list(self.open.values()))

    async def _move(self) -> None:
        old = self._one()
        new = await moves(self.phone, old, self._some_time())
        self._ends(old)
        self._begins(new)

    async def _cancel(self) -> None:
        booking = self._one()
        await ends(booking)
        self._ends(booking)

    async def _stop(self) -> None:
        booking = self._one()
        await stops(booking)
        self._ends(booking)

    async def _shift(self) -> None:
        booking = self._one()
        moved = await shifts(booking, self._some_time())
        if moved.starts_at != booking.starts_at:
            self._ends(booking)
            self._begins(moved)

    async def _annul(self) -> None:
        await is_scanned_by_mistake(self._one())

    async def _wait(self) -> None:
        await self.clock.forward(minutes=self.dice.choice([7, 55, 180, 420, 420]))
        for booking in [one for one in self.open.values() if one.starts_at <= time.now()]:
            self._ends(booking)  # the visit takes place
            await db.fetch("UPDATE appointment SET status = 'completed' WHERE id = $1", booking.id)

    async def _relay_only(self) -> None:
        await self.hospital.jobs["relay"].run()

    async def _tell_only(self) -> None:
        await self.hospital.jobs["due_reminders"].run()

    async def _look(self) -> None:
        for job in ("relay", "moved_visits", "due_reminders"):
            await self.hospital.jobs[job].run()
        self.looks.append(time.now())

    async def _killed_look(self) -> None:
        """The worker dies somewhere between two statements: before or after a message, or while it plans."""
        point = self.dice.choice(["post", "_plan", "account"])
        owner = reminders if point == "_plan" else hub
        real, countdown = getattr(owner, point), self.dice.choice([0, 1])

        async def dies(*args, **kwargs):
            nonlocal countdown
            answer = await real(*args, **kwargs)
            if countdown == 0:
                raise asyncio.CancelledError
            countdown -= 1
            return answer

        setattr(owner, point, dies)
        try:
            for job in ("relay", "moved_visits", "due_reminders"):
                await self.hospital.jobs[job].run()
        except asyncio.CancelledError:
            pass
        finally:
            setattr(owner, point, real)

    def must_be_told(self) -> set[tuple[UUID, str, datetime]]:
        """What nobody may miss: due after a complete look that knew of it, and looked at in time."""
        wanted = set()
        for one, visit_at, since, to in self.spans:
            known = next((look for look in self.looks if look >= since), None)
            for moment in moments_of_visit(visit_at, known or since):
                seen = [
                    look for look in self.looks if moment.due_at <= look < moment.deadline and (to is None or look < to)
                ]
                if known and not moment.is_missed and moment.due_at > known and seen:
                    wanted.add((one, moment.kind, visit_at))
        return wanted

    def was_expected(self, one: UUID, visit_at: datetime, at: datetime) -> bool:
        slack = timedelta(seconds=2)  # the database's clock and ours, read one after the other
        return any(
            (one, visit_at) == (other, time_) and since - slack <= at and (to is None or at <= to + slack)
            for other, time_, since, to in self.spans
        )


@pytest.mark.parametrize("seed", range(12))
async def test_never_an_old_time_never_twice_never_missing(hospital, clock, phone, seed):
    life = Histories(hospital, clock, phone, random.Random(seed))
    for _ in range(320):
        await life.step()
    await life._look()
    rows = await told()
    assert [row for row in rows if not life.was_expected(row["subject_id"], row["visit_at"], row["created_at"])] == []
    count = Counter((row["subject_id"], row["event"], row["visit_at"]) for row in rows)
    assert [key for key, times in count.items() if times > 1] == []
    assert life.must_be_told() - set(count) == set()
    assert len(rows) > 3, "a life in which nothing is told proves nothing"


@pytest.mark.parametrize("point", ["reminder_planned", "reminder_told"])
async def test_a_worker_that_is_killed_leaves_one_reminder(hospital, clock, phone, point):
    """Real processes: the first one dies at the point, the second one finds what is left."""
    booking, evening = await books(phone, the_day_after_tomorrow(10)), tomorrow_evening()
    if point == "reminder_told":
        await hospital.jobs["relay"].run()
        await clock.set_to(evening)
    async with a_process("worker", {**hospital.environment, "KILL_POINT": point}) as worker:
        assert await worker.ended() == 137
    assert await told() == []
    await clock.set_to(evening)
    async with a_process("worker", hospital.environment) as worker:
        await until(told, 20)
        assert await worker.stop() == 0
    await hospital.jobs["due_reminders"].run()
    assert [(row["subject_id"], row["event"]) for row in await told()] == [(booking.id, "visit_day_before")]


@pytest.mark.parametrize(
    ("mutant", "old", "new"),
    [
        ("_tell_visit", "not visit.is_expected", "False"),
        ("_tell_visit", 'visit.starts_at != row["visit_at"]', "False"),
    ],
)
async def test_without_the_look_at_the_appointment_an_old_time_is_told(hospital, drain, clock, phone, mutant, old, new):
    """The mutants of the histories: each guard alone keeps an old time from being told."""
    source = inspect.getsource(getattr(reminders, mutant))
    assert old in source
    booking = await books(phone, the_day_after_tomorrow(10))
    await drain()
    if "starts_at" in old:
        await shifts(booking, the_day_after_tomorrow(15))
    else:
        await ends(booking)
    await clock.set_to(tomorrow_evening())
    real = reminders._tell_visit
    try:
        exec(source.replace(old, new), reminders.__dict__)
        await reminders.tell_due()
    finally:
        reminders._tell_visit = real
    assert len(await told()) == 1
