"""The final state does not depend on the order of uploads, however they are cut and repeated."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.conftest import Clock, clean_tables
from tests.miniapp_api.offline.devices import Device, at
from tests.miniapp_api.scenes import Scene, a_scene, broken_invariants

DESKS, PEOPLE = 3, 3


@dataclass(frozen=True)
class Seen:
    """One scan of the story: at which desk, whom, when, and what the device said."""

    desk: int
    person: int
    minute: int
    is_by_name: bool
    is_old_code: bool
    outcome: str


scans = st.lists(
    st.builds(
        Seen,
        desk=st.integers(0, DESKS - 1),
        person=st.integers(0, PEOPLE - 1),
        minute=st.integers(-10, 75),  # before check-in opens, and after it has closed
        is_by_name=st.booleans(),
        is_old_code=st.booleans(),
        outcome=st.sampled_from(["accepted", "accepted", "unsure", "already_checked_in", "refused"]),
    ),
    min_size=2,
    max_size=7,
)


async def a_morning(hospital: Any) -> tuple[Scene, list[Device], list[str]]:
    """The same department, people and desks again; check-in is open from 8:40 to 9:50."""
    await clean_tables()
    await Clock().set_to(time.at(time.today() if time.now().hour < 20 else time.today() + timedelta(days=1), 8, 30))
    scene = await a_scene(hospital, starts_at=at(10))
    await db.fetch("UPDATE department SET check_in_opens_minutes = 10, check_in_closes_minutes = 20")
    devices = []
    for n in range(DESKS):
        guide = await a_member_of_staff(hospital, "guide", desk_id=await props.a_desk())
        devices.append(Device(guide, wrong_by=timedelta(minutes=5 * n - 5)))
        await devices[n].hears_the_server()
    return scene, devices, [(await scene.books())[1] for _ in range(PEOPLE)]


async def played(hospital: Any, story: list[Seen], order: list[int], cuts: set[int]) -> Any:
    """Play a story with uploads in this order, cut into batches; give all that must not depend on it."""
    _, devices, people = await a_morning(hospital)
    kept: list[tuple[int, dict[str, Any]]] = []
    for n, seen in enumerate(story):
        device, moment = devices[seen.desk], at(seen.minute)
        if seen.is_by_name:
            scan = device.finds(people[seen.person], moment, outcome=seen.outcome)
        else:
            made_at = moment - timedelta(minutes=5) if seen.is_old_code else moment
            scan = device.scans_code(people[seen.person], made_at, outcome=seen.outcome)
            scan["scanned_at"] = device.own(moment)
        scan["scan_id"] = f"00000000-0000-4000-8000-{n:012d}"
        kept.append((seen.desk, scan))
    await Clock().set_to(at(120))
    for n in order:
        desk, scan = kept[n]
        again = [kept[n - 1][1]] if n in cuts and n > 0 and kept[n - 1][0] == desk else []
        await devices[desk].sends([*again, scan])
    assert await broken_invariants(WIRING) == []
    tickets = await db.fetch(
        "SELECT appointment_id::text AS booked, checked_in_at, sort_class, sort_at, rule, state FROM ticket"
    )
    rows = await db.fetch("SELECT id::text AS scan, outcome, reason FROM scan")
    asked = await db.fetch("SELECT scan_id::text AS scan, reason, state, act FROM offline_conflict")
    return (
        sorted((people.index(row["booked"]), *list(row.values())[1:]) for row in tickets),
        sorted((row["scan"], row["outcome"], row["reason"] or "") for row in rows),
        sorted((row["scan"], row["reason"], row["state"], row["act"] or "") for row in asked),
    )


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(story=scans, data=st.data())
async def test_the_final_state_is_the_same_in_every_order_of_uploads(hospital, story, data):
    numbers = list(range(len(story)))
    orders = [numbers, numbers[::-1], data.draw(st.permutations(numbers))]
    cuts = [set(), set(numbers), data.draw(st.sets(st.sampled_from(numbers)))]
    ends = [await played(hospital, story, order, cut) for order, cut in zip(orders, cuts, strict=True)]
    assert ends[1] == ends[0]
    assert ends[2] == ends[0]


async def test_a_story_in_all_its_orders(hospital):
    story = [
        Seen(0, 0, 12, False, False, "accepted"),
        Seen(1, 0, 9, True, False, "accepted"),
        Seen(2, 0, 9, False, False, "unsure"),
        Seen(2, 0, 5, False, True, "accepted"),  # a screenshot: for a person, and settled by the ticket
    ]
    ends = [await played(hospital, story, list(order), set()) for order in itertools.permutations(range(4))]
    assert all(end == ends[0] for end in ends)
    tickets, rows, asked = ends[0]
    assert [(row[0], row[1]) for row in tickets] == [(0, at(9))]
    assert [row[1] for row in rows] == ["already_checked_in", "accepted", "already_checked_in", "refused"]
    assert [row[1:] for row in asked] == [("code_expired", "resolved", "settled")]
