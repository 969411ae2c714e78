"""A past second of a queue: what the log gives back is what the screens showed, at every line of a day of all acts."""

import random
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from miniapp_api.replay import keeping, looking
from server import clock as time
from server import db, privacy
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.replay.commands import printed


class Witness:
    """Somebody who writes down what the screens show."""

    def __init__(self, scene) -> None:
        self.scene = scene
        self.seen: list[tuple] = []

    async def looks(self) -> None:
        queue = await self.scene.guide.get(f"/queues/{self.scene.department_id}")
        board = await self.scene.guide.get(f"/queues/{self.scene.department_id}/board")
        self.seen.append((time.now(), looking.hash_of(queue, board), queue, board))

    async def agrees(self) -> int:
        """Compare every look with the log; give how many there were."""
        department = await looking.department_like(str(self.scene.department_id))
        for at, shown, queue, board in self.seen:
            replay = orjson.loads(orjson.dumps(await looking.replay(department, at)))
            assert replay["queue"] == queue, at
            assert {**replay["board"], "at": "", "order_text": board["order_text"]} == {**board, "at": ""}, at
            assert replay["hash"] == shown
            assert replay["is_certain"]
        return len(self.seen)


STEPS = {
    "waiting": [("hold", None), ("leaving", {"reason": "临时有事"}), ("start", None)],
    "called": [("recall", None), ("start", None), ("start", None), ("pass-over", None), ("hold", None), ("undo", None)],
    "in_service": [("finish", None), ("finish", {"advice": "多休息"}), ("stage", {"stage": "examination"})],
    "missed": [("return", None)],
    "held": [("return", None)],
    "away": [("return", None), ("leaving", {"reason": "不等了"})],
}


class Day:
    """A day with everything that can happen in a queue, drawn from a seed."""

    def __init__(self, scene, clock, seed: int) -> None:
        self.scene, self.clock, self.random = scene, clock, random.Random(seed)
        self.acts = (
            *[self.arrives] * 4, *[self.walks_in] * 3, *[self.calls] * 6, *[self.steps] * 8, self.pauses, self.renames,
            self.transfers, self.room_moves, self.is_called_otherwise, self.annuls,
            self.stops_for_a_while, self.announces, self.decides,
        )  # fmt: skip

    async def happens(self) -> None:
        await self.clock.forward(seconds=self.random.randrange(1, 200))
        await self.random.choice(self.acts)()

    async def arrives(self) -> None:
        slot = self.random.choice([self.scene.slot, self.scene.second])
        person, booked = await self.scene.books(slot, name=self.random.choice(["张小三", "李四", "Johnny Smith"]))
        await self.scene.guide.scans(
            await person.code(booked)
        )  # too late or a stopped clinic: refused, and nothing moves

    async def walks_in(self) -> None:
        patient = {"name": self.random.choice(["赵无约", "欧阳小四"])}
        more = self.random.choice([{}, {"triage": "priority"}, {"triage": "urgent"}, {"flags": ["elderly"]}])
        await self.scene.walks_in(patient=patient, **more)

    async def _tries(self, path: str, body: dict | None = None) -> None:
        """Do something that the state may forbid: a refusal changes nothing, and that is compared too."""
        reply = await self.scene.doctor.call("POST", path, body or {}, Idempotency_Key=str(uuid4()))
        assert reply.status in (200, 201, 409), (path, reply.raw)

    async def calls(self) -> None:
        await self._tries(f"/rooms/{self.random.choice([self.scene.room_id, self.scene.second.room_id])}/calls")

    async def _somebody(self) -> dict | None:
        tickets = (await self.scene.queue())["tickets"]
        others = [ticket for ticket in tickets if ticket["state"] != "waiting"]
        some = others if others and self.random.random() < 0.9 else tickets
        return self.random.choice(some) if some else None

    async def steps(self) -> None:
        if ticket := await self._somebody():
            step, body = self.random.choice(STEPS[ticket["state"]])
            await self._tries(f"/tickets/{ticket['id']}/{step}", body)

    async def pauses(self) -> None:
        await self._tries(f"/rooms/{self.scene.room_id}/{self.random.choice(['pause', 'resume', 'resume'])}")

    async def stops_for_a_while(self) -> None:
        path = f"/queues/{self.scene.department_id}"
        for step, body in (("pause", {"reason": "break"}), ("resume", {})):
            reply = await self.scene.supervisor.call("POST", f"{path}/{step}", body, Idempotency_Key=str(uuid4()))
            assert reply.status in (200, 201, 409), reply.raw
            if self.random.random() < 0.5:
                break

    async def announces(self) -> None:
        until = (time.now() + timedelta(minutes=self.random.randrange(1, 40))).isoformat()
        body = {"text": {"zh-CN": "医生稍晚到诊"}, "until": until}
        await self.scene.supervisor.post(f"/queues/{self.scene.department_id}/notices", body)

    async def decides(self) -> None:
        body = self.random.choice([{"names": "masked"}, {"names": "numbers"}, {"voice": False}])
        path = f"/queues/{self.scene.department_id}/board/settings"
        reply = await self.scene.supervisor.call("PATCH", path, body)
        assert reply.status == 200, reply.raw

    async def renames(self) -> None:
        name = self.random.choice(["王小明", "司马相如", "周", "Ann Lee", "陈静"])
        await db.fetch(
            "UPDATE patient SET name = $1 WHERE id = (SELECT patient_id FROM ticket ORDER BY md5($2) LIMIT 1)", name,
            name,
        )  # fmt: skip

    async def transfers(self) -> None:
        if ticket := await self._somebody():
            await self._tries(
                f"/tickets/{ticket['id']}/transfer", {"practitioner_id": str(self.scene.second.practitioner_id)}
            )

    async def room_moves(self) -> None:
        rooms = [self.scene.room_id, self.scene.second.room_id, None]
        await db.fetch(
            "UPDATE session SET room_id = $2, status = $3 WHERE id = $1", self.scene.second.session_id,
            self.random.choice(rooms), self.random.choice(["open", "open", "stopped"]),
        )  # fmt: skip

    async def is_called_otherwise(self) -> None:
        n = self.random.randrange(100)
        match self.random.randrange(4):
            case 0:
                await db.fetch("UPDATE room SET name = $2 WHERE id = $1", self.scene.room_id, f"{n}诊室")
            case 1:
                await db.fetch(
                    "UPDATE practitioner SET name = $2 WHERE id = $1", self.scene.slot.practitioner_id, f"王{n}"
                )
            case 2:
                await db.fetch("UPDATE department SET location = $2 WHERE id = $1", self.scene.department_id, f"{n}楼")
            case _:
                await db.fetch("UPDATE room SET version = version + 1 WHERE id = $1", self.scene.second.room_id)

    async def annuls(self) -> None:
        if ticket := await self._somebody():
            path = f"/desk/check-ins/{ticket['id']}/annulment"
            reply = await self.scene.guide.call("POST", path, {"reason": "扫错了"}, Idempotency_Key=str(uuid4()))
            assert reply.status in (200, 201, 404, 409), reply.raw


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_at_every_moment_of_a_random_day_the_log_gives_what_was_shown(scene, clock, seed):
    day, witness = Day(scene, clock, seed), Witness(scene)
    await witness.looks()
    for _ in range(110):
        await day.happens()
        await witness.looks()
    assert await witness.agrees() == 111
    kinds = await db.fetch("SELECT DISTINCT act FROM queue_event")
    assert len(kinds) >= 9, kinds


async def test_the_same_second_is_the_same_in_another_process_and_after_the_day(scene, clock):
    day, witness = Day(scene, clock, 7), Witness(scene)
    for _ in range(25):
        await day.happens()
    await witness.looks()
    at, shown, *_ = witness.seen[0]
    await clock.set_to(time.at(time.today() + timedelta(days=1), 4, 30))
    await scene.site.jobs["close_queues"].run()
    await keeping.open_days()
    await witness.looks()
    assert await witness.agrees() == 2
    command = ("queue", "replay", "--queue", str(scene.department_id), "--at", at.isoformat())
    status, said = await printed(scene.site.environment, *command, "--json")
    assert (status, orjson.loads(said)["hash"]) == (0, shown)
    status, said = await printed(scene.site.environment, *command)
    assert (status, shown in said, "门诊楼2层A区" in said) == (0, True, True)


async def test_who_sits_in_a_room_changes_by_the_clock_alone(scene, clock):
    afternoon = await props.a_practitioner(scene.department_id, name="周晓")
    await props.a_slot(
        starts_at=time.at(time.today(), 14), department_id=scene.department_id, practitioner_id=afternoon,
        room_id=scene.room_id,
    )  # fmt: skip
    witness = Witness(scene)
    for hour, minute in ((8, 40), (13, 0), (15, 0)):
        await clock.set_to(time.at(time.today(), hour, minute))
        await witness.looks()
    assert await witness.agrees() == 3
    sitting = [room["practitioner"] for *_, board in witness.seen for room in board["rooms"] if room["name"] == "2诊室"]
    assert sitting == ["王敏", "周晓", "周晓"]


async def test_before_a_day_was_opened_its_rooms_are_not_certain(scene, clock):
    await clock.set_to(time.at(time.today() + timedelta(days=1), 0, 5))
    at = time.now()
    await clock.forward(minutes=1)
    await keeping.open_days()
    department = await looking.department_like(str(scene.department_id))
    replay = await looking.replay(department, at)
    assert (replay["is_certain"], len(replay["queue"]["rooms"])) == (False, 2)
    await keeping.open_days()
    rows = await db.fetch("SELECT count(*) AS n FROM queue_event WHERE day = $1", time.today())
    assert rows[0]["n"] == 1  # a day is opened once


@pytest.mark.parametrize("name", ["", "周", "李四", "张小三", "欧阳小四", "Ann", "Johnny Smith", "A", "Zoë", "艾Ann"])
async def test_the_database_hides_a_name_as_the_product_does(hospital, name):
    row = await db.fetch_one("SELECT mask_name($1) AS hidden", name)
    assert row["hidden"] == privacy.mask_name(name)


async def test_who_waited_is_shown_with_place_and_promise(scene, clock):
    await clock.set_to(time.at(time.today(), 8, 40))
    for _ in range(3):
        await scene.arrives()
    await scene.walks_in()
    await clock.forward(minutes=1)
    at = time.now()
    await scene.doctor.calls_next(scene.room_id)
    path = f"/queues/{scene.department_id}/replay?at={at.isoformat().replace('+', '%2B')}"
    replay = await scene.supervisor.get(path)
    waiting = [(one["number"], one["place"], one["ahead"]) for one in replay["waiting"]]
    assert waiting == [("A001", 1, 0), ("A002", 2, 1), ("A003", 3, 2), ("A004", 4, 3)]
    assert [bool(one["promised"]) for one in replay["waiting"]] == [True] * 4
    assert replay["waiting"][1]["promised"]["ahead"] == 1
    assert replay["waiting"][1]["promised"]["within_minutes"] > replay["waiting"][1]["promised"]["about_minutes"]
    assert [ticket["patient"]["name"] for ticket in replay["queue"]["tickets"]][3] == "赵*约"


async def test_the_events_of_a_day_in_plain_words(scene, clock):
    await clock.set_to(time.at(time.today(), 8, 40))
    _, _, first = await scene.arrives()
    await scene.walks_in()
    ticket = await scene.doctor.calls_next(scene.room_id)
    await clock.forward(minutes=2)
    await scene.doctor.post(f"/tickets/{ticket['id']}/pass-over")
    await scene.doctor.post(f"/tickets/{ticket['id']}/return")
    span = f"from={time.today()}T00:00:00%2B08:00&to={time.today()}T23:59:59%2B08:00"
    path = f"/queues/{scene.department_id}/replay/events?{span}"
    listed = await scene.supervisor.get(path)
    assert [one["act"] for one in listed["items"]] == [
        "plan",
        "arrived",
        "arrived",
        "called",
        "passed_over",
        "returned",
    ]
    assert listed["next"] is None
    back = listed["items"][-1]
    assert back["text"].startswith("A001 回到队列；位置由")
    assert "过号后 08:42:00 重新排队" in back["rule_text"]
    assert (back["rule"], back["rule_version"]) == ("recall", 0)
    assert listed["items"][3]["text"] == "A001 叫号，请到2诊室"
    one = await scene.supervisor.get(f"{path}&ticket={first['id']}&limit=2")
    assert ([item["act"] for item in one["items"]], one["next"]) == (["arrived", "called"], one["items"][-1]["seq"])
    rest = await scene.supervisor.get(f"{path}&ticket={first['id']}&after={one['next']}")
    assert [item["act"] for item in rest["items"]] == ["passed_over", "returned"]
    assert (await scene.supervisor.get(f"/queues/{scene.department_id}/replay/days"))["items"] == [str(time.today())]


async def test_only_who_answers_for_it_looks_back_and_it_is_written_down(scene, clock):
    at = time.now().isoformat().replace("+", "%2B")
    await clock.forward(minutes=1)
    path = f"/queues/{scene.department_id}/replay?at={at}"
    other = await props.a_department()
    stranger = await a_member_of_staff(scene.site, "department_head", department_id=other)
    assert (await stranger.call("GET", path)).status == 404
    assert (await scene.guide.call("GET", path)).status == 403
    assert (await scene.supervisor.call("GET", f"/queues/{uuid4()}/replay?at={at}")).status == 404
    head = await a_member_of_staff(scene.site, "department_head", department_id=scene.department_id)
    for _ in range(2):
        await head.get(path)
    rows = await db.fetch("SELECT looks, day FROM replay_look")
    assert [(row["looks"], row["day"]) for row in rows] == [(2, time.today())]
    later = (time.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    refused = await head.call("GET", f"/queues/{scene.department_id}/replay?at={later}")
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "in_the_future")
    span = f"from={at}&to={(time.now() + timedelta(days=1)).isoformat().replace('+', '%2B')}"
    refused = await head.call("GET", f"/queues/{scene.department_id}/replay/events?{span}")
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "not_same_day")


async def test_whole_old_days_are_forgotten_and_nothing_younger(scene, clock, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 3)
    await db.fetch("INSERT INTO policy (name, value) VALUES ('queue_log_days', '30')")
    await scene.walks_in()
    first = time.today()
    for _ in range(3):
        await clock.set_to(time.at(time.today() + timedelta(days=1), 4, 30))
        await scene.site.jobs["close_queues"].run()  # writes a line of yesterday into the new day's night
        await keeping.open_days()
        await scene.walks_in()
    gone = await keeping.forget_old_days()
    assert gone == 0
    await clock.set_to(time.at(first + timedelta(days=31), 9))
    await keeping.forget_old_days()
    left = await db.fetch("SELECT seq, day FROM queue_event ORDER BY seq")
    assert min(row["day"] for row in left) == first + timedelta(days=1)
    numbers = [row["seq"] for row in left]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert await keeping.forget_old_days() == 0
