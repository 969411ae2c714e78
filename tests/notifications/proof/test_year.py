"""A year of visits with their reminders, played in seconds: each is told once, at its moment, also around holidays."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from notifications.routing.limits import SETTINGS
from notifications.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.notifications.telling import a_phone, booked, cancelled, happens

FIRST = date(2027, 1, 2)
EVERY_DAYS = 20  # a visit now and then through all four seasons and their holidays
STARTS = ((7, 30), (9, 0), (14, 0), (19, 30))  # two hours before the first one is at night
LOOKS = ("relay", "due_reminders", "dispatch_wechat_subscribe", "settle")
A_MOMENT = timedelta(minutes=5)


@dataclass(frozen=True)
class Visit:
    """One visit. is_kept: not given back before its reminders."""

    appointment_id: UUID
    starts_at: datetime
    is_kept: bool

    @property
    def expected(self) -> dict[str, datetime]:
        """Give what must be told of it, by an account of its own: the evening before, and two hours before."""
        if not self.is_kept:
            return {}
        evening = time.at(time.local(self.starts_at).date() - timedelta(days=1), 18)
        return {"visit_day_before": evening, "visit_two_hours": self.starts_at - timedelta(hours=2)}


class Year:
    """A hospital whose clock jumps from one moment to the next."""

    def __init__(self, hospital, clock, people, patients) -> None:
        self._hospital = hospital
        self._clock = clock
        self._people = people
        self._patients = patients
        self.visits: list[Visit] = []
        self._moments: dict[datetime, list] = defaultdict(list)

    async def plan(self) -> None:
        """Write down when somebody books; the reminders' moments follow from that."""
        for number in range(366 // EVERY_DAYS):
            day = FIRST + timedelta(days=EVERY_DAYS * number)
            hour, minute = STARTS[number % len(STARTS)]
            starts_at = time.at(day, hour, minute)
            self._moments[time.at(day - timedelta(days=3), 10)].append(starts_at)
            for moment in (time.at(day - timedelta(days=1), 18), starts_at - timedelta(hours=2)):
                self._moments[moment] += []

    async def play(self) -> None:
        """Go from moment to moment and let the workers look."""
        for moment in sorted(self._moments):
            await self._clock.forward(seconds=(moment - time.now()).total_seconds() + 1)
            for starts_at in self._moments[moment]:
                await self._book(starts_at)
            for name in LOOKS:
                await self._hospital.jobs[name].run()

    async def _book(self, starts_at: datetime) -> None:
        await db.fetch("UPDATE appointment SET status = 'completed' WHERE status = 'booked' AND starts_at < app_now()")
        slot = await props.a_slot(starts_at=starts_at)
        for number, phone in enumerate(self._people):
            patient_id = self._patients[number]
            appointment_id = await props.an_appointment(slot, patient_id, UUID(phone.account_id))
            names = {"appointment_id": appointment_id, "starts_at": starts_at, "patient_id": patient_id}
            booking = booked(phone.account_id, **names)
            is_kept = number < len(self._people) - 1
            await happens(booking)
            if is_kept:
                await self._allows(phone)
            else:  # the last one thinks better of it
                await db.fetch("UPDATE appointment SET status = 'cancelled' WHERE id = $1", appointment_id)
                await happens(cancelled(booking))
            self.visits.append(Visit(appointment_id, starts_at, is_kept))

    async def _allows(self, phone) -> None:
        """Two taps, for the two reminders; written down here, as the platform's own clock stands still."""
        template = "appointment_reminder"
        taps = {"template_id": self._hospital.settings.wechat.template_ids[template], "result": "accept"}
        for _ in range(2):
            url = f"{self._hospital.simulator}/_sim/users/{phone.openid}/subscriptions"
            async with self._hospital.http.post(url, json=taps) as reply:
                assert reply.status < 300
            at = {"from_client_at": time.now(), "granted_at": time.now()}
            await props.insert("consent_credit", account_id=UUID(phone.account_id), template_key=template, **at)


async def test_a_year_of_reminders(hospital, clock, drain):
    quiet = orjson.dumps(SETTINGS["quiet_hours"]).decode()
    await props.insert("routing_setting", name="quiet_hours", version=100, value=quiet, at=time.now())
    await clock.forward(seconds=(time.at(FIRST - timedelta(days=4), 9) - time.now()).total_seconds())
    people = [await a_phone(hospital) for _ in range(2)]
    year = Year(hospital, clock, people, [await props.a_patient(UUID(phone.account_id)) for phone in people])
    await year.plan()
    await year.play()
    await drain()
    rows = await db.fetch(
        "SELECT subject_id, event, created_at FROM message WHERE event IN ('visit_day_before', 'visit_two_hours')"
    )
    told = {(row["subject_id"], row["event"]): row["created_at"] for row in rows}
    assert len(told) == len(rows) == 2 * sum(visit.is_kept for visit in year.visits) > 30
    for visit in year.visits:
        for event, moment in visit.expected.items():
            assert moment <= told[visit.appointment_id, event] < moment + A_MOMENT, (visit, event)
    for sentence, sql in WIRING.invariants:
        assert await db.fetch(sql) == [], sentence
    # what is about today may be told at night, and was: half past five
    at_night = await db.fetch(
        "SELECT DISTINCT m.event FROM attempt a JOIN delivery d ON d.id = a.delivery_id"
        " JOIN message m ON m.id = d.message_id WHERE (a.started_at AT TIME ZONE 'Asia/Shanghai')::time < '07:00'"
    )
    assert [row["event"] for row in at_night] == ["visit_two_hours"]
    # deliveries that ended long ago are put away; of the last quarter they are here
    assert await props.count("attempt", "outcome = 'accepted'") > 0
