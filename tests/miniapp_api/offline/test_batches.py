"""What a desk scanned without the network: once each, first by time, nobody forgotten."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from miniapp_api.checkin.codes import slip_code
from miniapp_api.offline import models
from miniapp_api.wiring import WIRING
from server import clock as time
from server import db
from tests import props
from tests.cast import a_member_of_staff
from tests.locks import somebody_waits
from tests.miniapp_api.offline.devices import Device, at
from tests.miniapp_api.scenes import broken_invariants
from tests.mutants import Mutant, is_killed


async def the_ticket() -> dict:
    rows = await db.fetch("SELECT * FROM ticket")
    assert len(rows) == 1
    return rows[0]


async def outcomes() -> dict[str, tuple]:
    return {str(row["id"]): (row["outcome"], row["reason"]) for row in await db.fetch("SELECT * FROM scan")}


async def test_a_scan_without_the_network_becomes_a_ticket_of_its_own_time(scene, desks, clock):
    _, booked = await scene.books(name="张小三")
    scan = desks[1].scans_code(booked, at(3))
    await clock.set_to(at(30))
    [answer] = await desks[1].sends()
    assert (answer["scan_id"], answer["outcome"], answer["time_source"]) == (scan["scan_id"], "accepted", "device")
    assert (answer["ticket"]["number"], answer["is_conflict"]) == ("A001", False)
    assert answer["counted_at"] == time.local(at(3)).isoformat(timespec="seconds"), "the clock was five minutes ahead"
    ticket = await the_ticket()
    assert (ticket["checked_in_at"], ticket["sort_at"], ticket["rule"]) == (at(3), at(10), "band")
    row = await db.fetch_one("SELECT * FROM scan")
    assert (row["outcome"], row["offline_outcome"], row["time_source"]) == ("accepted", "accepted", "device")
    assert (row["corrected_at"], row["scanned_at"], str(row["device_id"])) == (at(3), at(8), desks[1].id)
    assert await broken_invariants(WIRING) == []


async def test_the_same_batch_again_changes_nothing_and_gets_the_same_answers(scene, desks, clock):
    people = [await scene.books() for _ in range(3)]
    for minute, (_, booked) in enumerate(people):
        desks[0].scans_code(booked, at(minute))
    await clock.set_to(at(20))
    first = await desks[0].tries(desks[0].scans[:2])  # half of it
    again = await desks[0].tries()
    last = await desks[0].tries(list(reversed(desks[0].scans)), Accept_Language="en")
    assert again.body["items"][:2] == first.body["items"]
    assert last.raw == again.raw
    assert await props.count("ticket") == await props.count("scan") == 3
    doubled = await asyncio.gather(*(desks[0].sends() for _ in range(4)))
    assert all(items == again.body["items"] for items in doubled)
    assert await props.count("ticket") == await props.count("scan") == 3


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_first_scan_keeps_the_place_whoever_uploads_first(scene, desks, clock, order):
    _, booked = await scene.books()
    first, second = desks[0].scans_code(booked, at(12)), desks[1].scans_code(booked, at(14))
    await clock.set_to(at(40))
    answers = {}
    for n in order:
        answers[n] = (await desks[n].sends())[0]
    ticket = await the_ticket()
    assert (ticket["checked_in_at"], ticket["sort_at"], ticket["number"]) == (at(12), at(10), 1)
    assert await outcomes() == {
        first["scan_id"]: ("accepted", None),
        second["scan_id"]: ("already_checked_in", None),
    }
    assert answers[0]["outcome"] == "accepted"
    if order == (0, 1):
        assert answers[1]["outcome"] == "already_checked_in"
        assert "09:12 在门诊导诊台离线报到" in answers[1]["message"]
    else:
        assert answers[1]["outcome"] == "accepted", "what was told stays told"
        assert "早于二号导诊台的 09:14" in answers[0]["message"]
        event = await db.fetch_one("SELECT * FROM queue_event WHERE act = 'scanned_before'")
        assert "按 09:12 排队" in event["why"]
        assert orjson.loads(event["state"])["checked_in_at"] == time.local(at(12)).isoformat(timespec="seconds")
        assert (await desks[1].sends())[0] == answers[1]
    assert answers[0]["ticket"]["number"] == "A001"
    assert await broken_invariants(WIRING) == []


async def test_a_scan_that_was_before_an_online_one_keeps_the_place(scene, desks, clock):
    late = await props.a_slot(starts_at=time.at(time.today(), 8, 30), department_id=scene.department_id)
    person, booked = await scene.books(late)
    scan = desks[1].scans_code(booked, at(5))
    await clock.set_to(at(9))
    told = await scene.guide.scans(await person.code(booked))
    await clock.set_to(at(20))
    [answer] = await desks[1].sends()
    assert (answer["outcome"], answer["ticket"]["id"]) == ("accepted", told["ticket"]["id"])
    ticket = await the_ticket()
    assert (ticket["checked_in_at"], ticket["sort_at"], ticket["rule"]) == (at(5), at(5), "late")
    assert (await outcomes())[scan["scan_id"]] == ("accepted", None)
    queue = await scene.queue()
    assert queue["tickets"][0]["checked_in_at"] == time.local(at(5)).isoformat(timespec="seconds")
    assert await broken_invariants(WIRING) == []


async def test_who_was_called_meanwhile_keeps_what_the_ticket_says(scene, desks, clock):
    person, booked = await scene.books()
    desks[1].scans_code(booked, at(1))
    await clock.set_to(at(5))
    await scene.guide.scans(await person.code(booked))
    await scene.doctor.calls_next(scene.room_id)
    [answer] = await desks[1].sends()
    assert (answer["outcome"], answer["is_conflict"]) == ("already_checked_in", False)
    assert (await the_ticket())["checked_in_at"] >= at(5)


async def test_an_impossible_clock_counts_from_the_upload_and_says_so(scene, desks, clock):
    _, by_name = await scene.books()
    _, by_slip = await scene.books()
    desks[0].finds(by_name, at(500))
    seed = scene.site.settings.keys.code_signing
    desks[0]._keeps(at(-500), code=slip_code(seed, UUID(by_slip), time.today()))
    await clock.set_to(at(15))
    answers = await desks[0].sends()
    assert [(one["outcome"], one["time_source"]) for one in answers] == [("accepted", "upload")] * 2
    rows = await db.fetch("SELECT checked_in_at FROM ticket")
    assert {row["checked_in_at"] >= at(15) for row in rows} == {True}


async def test_what_the_device_refused_or_knew_is_kept_and_changes_nothing(scene, desks, clock):
    _, booked = await scene.books()
    sent_away = desks[0].scans_code(booked, at(1), outcome="refused", reason="too_early")
    known = desks[0].scans_code(booked, at(2), outcome="already_checked_in")
    rubbish = desks[0]._keeps(at(3), code="6901234567892", outcome="refused", reason="unknown_code")
    await clock.set_to(at(10))
    answers = await desks[0].sends()
    assert [one["is_conflict"] for one in answers] == [False, False, False]
    assert await outcomes() == {
        sent_away["scan_id"]: ("refused", "too_early"),
        known["scan_id"]: ("already_checked_in", None),
        rubbish["scan_id"]: ("refused", "unknown_code"),
    }
    assert await props.count("ticket") == await props.count("offline_conflict") == 0


async def test_who_was_not_on_the_list_gets_a_ticket_when_the_booking_is_good(scene, desks, clock):
    _, booked = await scene.books()
    desks[0].scans_code(booked, at(4), outcome="unsure")
    await clock.set_to(at(10))
    [answer] = await desks[0].sends()
    assert answer["outcome"] == "accepted"
    assert (await the_ticket())["checked_in_at"] == at(4)


async def test_a_batch_is_for_guides_of_the_desk_only(scene, desks):
    scan = desks[0]._keeps(at(1), code="x")
    assert (await desks[0].tries([])).status == 422
    assert (await desks[0].tries([{**scan, "appointment_id": str(uuid4())}])).status == 422
    elsewhere = await props.a_department()
    stranger = await a_member_of_staff(
        scene.site, "guide", department_id=elsewhere, desk_id=await props.a_desk(department_id=scene.department_id)
    )
    device = Device(stranger, contact=desks[0].contact)
    assert (await device.tries([scan])).status == 403
    stranger.desk_id = str(uuid4())
    assert (await device.tries([scan])).status == 404
    assert await props.count("scan") == 0


# ---- races ----------------------------------------------------------------------------------------------------------


async def two_desks_at_once(scene, desks, clock):
    """Both upload the same people at the same time: one ticket each, of the earlier scan."""
    people = [(await scene.books())[1] for _ in range(6)]
    for n, booked in enumerate(people):
        desks[n % 2].finds(booked, at(1 + n / 10))
        desks[(n + 1) % 2].finds(booked, at(3 + n / 10))
    await clock.set_to(at(30))
    for desk in desks:
        desk.scans.reverse()
    sent = [
        (desk, [scan])
        for pair in zip(desks[0].scans, desks[1].scans, strict=True)
        for desk, scan in zip(desks, pair, strict=True)
    ]
    await asyncio.gather(*(desk.sends([{**scans[0]}]) for desk, scans in sent))
    rows = await db.fetch("SELECT appointment_id::text AS booked, checked_in_at FROM ticket")
    assert {row["booked"]: row["checked_in_at"] for row in rows} == {
        booked: at(1 + n / 10) for n, booked in enumerate(people)
    }
    assert await props.count("scan", "outcome = 'accepted'") == len(people)
    assert await props.count("scan", "outcome = 'already_checked_in'") == len(people)
    assert await broken_invariants(WIRING) == []


async def the_later_comes_first(scene, desks, clock):
    """The upload of the later scan comes first: both were accepted, until the earlier is known."""
    booked = (await scene.books())[1]
    desks[0].finds(booked, at(1))
    desks[1].finds(booked, at(3))
    await clock.set_to(at(30))
    await desks[1].sends()
    await desks[0].sends()
    assert (await the_ticket())["checked_in_at"] == at(1)
    assert sorted(outcome for outcome, _ in (await outcomes()).values()) == ["accepted", "already_checked_in"]
    assert await broken_invariants(WIRING) == []


async def many_scans_of_one_at_once(scene, desks, clock):
    """Somebody was scanned eight times at desks without the network, and all of it comes at once."""
    for _ in range(4):
        person, booked = await scene.books()
        await clock.set_to(at(20))
        await scene.guide.scans(await person.code(booked))
        scans = [desks[0].finds(booked, at(10 - n)) for n in range(8)]
        await clock.set_to(at(30))
        async with db.alone(scene.site.settings.database_url) as slow, asyncio.TaskGroup() as group, slow.transaction():
            await slow.fetch("SELECT FROM ticket WHERE appointment_id = $1::uuid FOR UPDATE", booked)
            for scan in scans:
                group.create_task(desks[0].sends([scan]))
            await somebody_waits(2)
        row = await db.fetch_one("SELECT * FROM ticket WHERE appointment_id = $1::uuid", booked)
        assert row["checked_in_at"] == at(3)
        winner = await db.fetch(
            "SELECT corrected_at FROM scan WHERE ticket_id = $1 AND outcome = 'accepted'", row["id"]
        )
        assert [one["corrected_at"] for one in winner] == [at(3)]
        await clock.set_to(at(0))


async def test_two_desks_upload_at_once(scene, desks, clock):
    await two_desks_at_once(scene, desks, clock)


async def test_of_two_scans_the_earlier_counts_when_it_comes_later(scene, desks, clock):
    await the_later_comes_first(scene, desks, clock)


async def test_many_scans_of_one_person_come_at_once(scene, desks, clock):
    await many_scans_of_one_at_once(scene, desks, clock)


@pytest.mark.mutant
@pytest.mark.parametrize(
    "mutant",
    [
        Mutant(
            "the lock of the appointment",
            models,
            "LOCK",
            ((" FOR NO KEY UPDATE", ""),),
            many_scans_of_one_at_once,
        ),
        Mutant(
            "that a ticket counts from one scan",
            models,
            "LATER",
            (("AND id <> $2", "AND id = $2"),),
            the_later_comes_first,
        ),
    ],
    ids=lambda mutant: mutant.name,
)
async def test_a_guard_that_is_gone_is_noticed(mutant, monkeypatch, scene, desks, clock):
    await is_killed(mutant, monkeypatch, scene, desks, clock)


async def test_a_batch_that_comes_a_day_late_is_for_a_person(scene, desks, clock):
    _, booked = await scene.books()
    desks[0].finds(booked, at(3))
    await clock.set_to(at(3) + timedelta(hours=23))
    [answer] = await desks[0].sends()
    assert (answer["outcome"], answer["reason"], answer["is_conflict"]) == ("refused", "day_over", True)
