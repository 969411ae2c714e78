"""A day with other rules: by its own it comes out as it was, and the numbers move as the theory says."""

import time as stopwatch
from dataclasses import replace
from datetime import timedelta
from random import Random

import orjson
import pytest

from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import Claim, Settings
from miniapp_api.replay import looking, whatif
from miniapp_api.replay.comparing import waited
from miniapp_api.replay.days import read_day
from miniapp_api.replay.reenacting import End, Reenactment, RoomDay, Stay, Visitor
from server import clock as time
from tests import props
from tests.cast import a_member_of_staff
from tests.miniapp_api.replay.commands import printed
from tests.miniapp_api.replay.sessions import MORNING, a_session
from tests.miniapp_api.replay.test_replay import Day

SESSIONS = 600


def table(policy: str, settings: Settings) -> dict[str, tuple[float, float, float]]:
    """Mean and p95 of the wait and mean of the overtakings of each class, over all sessions."""
    visitors, calls = [], []
    for seed in range(SESSIONS):
        people, rooms = a_session(seed)
        # one room's day after the other's: nobody of two sessions meets
        apart = timedelta(days=seed)
        called = Reenactment(POLICIES[policy], settings, people, rooms).play()
        visitors += [_later(one, seed, apart) for one in people]
        calls += [
            replace(one, visitor=f"{seed}.{one.visitor}", at=one.at + apart, waiting_since=one.waiting_since + apart)
            for one in called
        ]
    return {one.who: (one.mean, one.p95, one.overtaken_mean) for one in waited(visitors, calls)}


def _later(one: Visitor, seed: int, apart: timedelta) -> Visitor:
    band = one.claim.band and (one.claim.band[0] + apart, one.claim.band[1] + apart)
    claim = replace(one.claim, checked_in_at=one.claim.checked_in_at + apart, band=band)
    return replace(one, id=f"{seed}.{one.id}", claim=claim)


def test_in_six_hundred_sessions_the_waits_move_as_the_research_says():
    by_w = [table("head_start", Settings(walk_in_minutes=minutes, others_per_return=0)) for minutes in (0, 20, 40)]
    walk_in, booked = ([one[who][0] for one in by_w] for who in ("walk_in", "booked"))
    assert walk_in[0] < walk_in[1] < walk_in[2]
    assert booked[0] > booked[1] > booked[2]
    arrival = table("arrival", Settings(others_per_return=0))
    number = table("appointment", Settings(walk_in_minutes=20, others_per_return=0))
    assert by_w[1]["priority"][0] < arrival["booked"][0]
    assert by_w[1]["return"][0] < arrival["late"][0]
    assert number["walk_in"][0] > arrival["walk_in"][0]


def test_the_same_seed_gives_the_same_day():
    people, rooms = a_session(5)
    people = [replace(one, stays=one.stays if one.number % 5 else ()) for one in people]  # some were never called
    first, second, other = (
        Reenactment(POLICIES["head_start"], Settings(), people, rooms, seed).play() for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_people_who_step_aside_give_up_or_are_seen_otherwise_keep_doing_so():
    def minute(number: float):
        return MORNING + timedelta(minutes=number)

    seen = Stay(timedelta(minutes=10), End.OVER)
    missed = Stay(timedelta(minutes=1), End.MISSED, timedelta(minutes=2))
    people = [
        Visitor("first", 1, Claim(minute(0)), minute(0), stays=(seen,)),
        Visitor("aside", 2, Claim(minute(1)), minute(1), stays=(seen,), aside=((minute(5), minute(25)),)),
        Visitor("gone", 3, Claim(minute(2)), minute(2), gives_up_at=minute(9)),
        Visitor("plain", 4, Claim(minute(3)), minute(3), stays=(seen,)),
        Visitor("worse", 5, Claim(minute(4)), minute(4), stays=(seen,), triaged=((minute(6), "urgent", frozenset()),)),
        Visitor("missed", 6, Claim(minute(5)), minute(5), stays=(missed, seen)),
    ]  # fmt: skip
    calls = Reenactment(POLICIES["arrival"], Settings(), people, [RoomDay("1")]).play()
    assert [call.visitor for call in calls] == ["first", "worse", "plain", "aside", "missed", "missed"]


def test_rooms_take_only_whom_they_may_and_pause():
    def minute(number: float):
        return MORNING + timedelta(minutes=number)

    seen = Stay(timedelta(minutes=10), End.OVER)
    people = [
        Visitor(f"{who}{n}", n, Claim(minute(n)), minute(n), practitioner=who, stays=(seen,))
        for n, who in enumerate(["a", "b", "a", None, "c"])
    ]
    rooms = [
        RoomDay("A", frozenset({"a"}), frozenset({"b"})),
        RoomDay("B", frozenset({"b"}), frozenset({"a"}), shut=((minute(0), minute(60)),)),
        RoomDay("spare", frozenset(), frozenset({"a", "b"})),
    ]
    calls = Reenactment(POLICIES["arrival"], Settings(), people, rooms).play()
    assert {(call.visitor, call.room, (call.at - MORNING) // timedelta(minutes=1)) for call in calls} == {
        ("a0", "A", 0), ("None3", "spare", 3), ("a2", "A", 10), ("c4", "spare", 13), ("b1", "B", 60),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 4])
async def test_by_its_own_rules_a_day_comes_out_as_it_was(scene, clock, seed):
    day = Day(scene, clock, seed)
    day.acts = (*[day.arrives] * 4, *[day.walks_in] * 4, *[day.calls] * 12, *[day.steps] * 14, day.pauses, day.renames)
    for _ in range(160):
        await day.happens()
    department = await looking.department_like(str(scene.department_id))
    played = read_day(await looking.lines_of(department["id"], time.today(), time.now()))
    assert len(played.calls) > 10
    own = await whatif.rule_of_day(department["id"], played)
    again = whatif.play(played, own, 1)
    assert [(one.visitor, one.room, one.at) for one in again] == [
        (one.visitor, one.room, one.at) for one in played.calls
    ]


async def test_the_day_is_asked_by_the_api_and_by_the_command(scene, clock):
    await clock.set_to(time.at(time.today(), 8, 40))
    await scene.arrives()
    await scene.walks_in()
    await clock.forward(minutes=5)
    for _ in range(2):
        ticket = await scene.doctor.calls_next(scene.room_id)
        await scene.doctor.post(f"/tickets/{ticket['id']}/start")
        await clock.forward(minutes=9)
        await scene.doctor.post(f"/tickets/{ticket['id']}/finish")
    path = f"/queues/{scene.department_id}/what-if?date={time.today()}"
    found = await scene.supervisor.get(f"{path}&policy=arrival&R=0m")
    assert (found["visits"], found["same_calls"], found["calls"]) == (2, 2, 2)
    assert found["asked"]["policy"] == "arrival"
    assert found["asked"]["settings"]["return_minutes"] == 0
    assert [one["who"] for one in found["happened"]] == ["booked", "walk_in"]
    assert found["with_own"] == found["happened"]
    for wrong, pointer in (("W=999", "/W"), ("policy=luck", "/policy"), ("X=1", "/X"), ("late=never", "/late")):
        refused = await scene.supervisor.call("GET", f"{path}&{wrong}")
        assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, pointer)
    assert (await scene.supervisor.call("GET", path.replace(str(time.today()), "2020-01-01"))).status == 404
    assert (await scene.guide.call("GET", path)).status == 403
    stranger = await a_member_of_staff(scene.site, "department_head", department_id=await props.a_department())
    assert (await stranger.call("GET", path)).status == 404
    command = ("queue", "what-if", "--date", str(time.today()), "--queue", str(scene.department_id))
    status, said = await printed(scene.site.environment, *command, "--policy", "arrival", "--set", "W=0m", "--json")
    assert status == 0, said
    assert orjson.loads(said)["results"][0]["with_asked"] == found["with_asked"]
    status, said = await printed(scene.site.environment, *command, "--set", "W=40m")
    assert (status, "现场" in said) == (0, True)
    status, said = await printed(scene.site.environment, *command, "--set", "nonsense")
    assert status == 2


async def test_a_day_of_two_thousand_visits_is_played_within_two_seconds(hospital):
    random = Random(1)
    people = []
    for n in range(2000):
        came_at = MORNING + timedelta(seconds=random.random() * 8 * 3600)
        band = (came_at, came_at + timedelta(minutes=30)) if n % 5 else None
        takes = timedelta(minutes=random.lognormvariate(1.7, 0.6))
        people.append(Visitor(str(n), n, Claim(came_at, band), came_at, str(n % 20), (Stay(takes, End.OVER),)))
    people.sort(key=lambda one: one.came_at)
    every = {str(n) for n in range(20)}
    rooms = [RoomDay(str(n), frozenset({str(n)}), frozenset(every - {str(n)})) for n in range(20)]
    began = stopwatch.perf_counter()
    calls = Reenactment(POLICIES["head_start"], Settings(), people, rooms).play()
    seconds = stopwatch.perf_counter() - began
    assert len(calls) == 2000
    assert seconds < 10  # 0.2 s on a quiet machine; the bench prints it
