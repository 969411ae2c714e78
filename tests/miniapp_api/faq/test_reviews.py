"""Answers whose day of review has come call whoever keeps them true: once for each day, until they are looked at."""

import asyncio
from datetime import timedelta

import pytest

from miniapp_api.faq import reviews
from miniapp_api.faq.reviews import tell_due
from server import clock, db
from tests import props
from tests.cast import a_member_of_staff


async def an_answer(**values):
    values = {
        "code": f"q{await props.count('faq')}",
        "question": "能停车吗？",
        "answer": "可以。",
        "state": "approved",
        "approved_at": clock.now(),
        "review_on": clock.today(),
        **values,
    }
    return await props.insert("faq", **values)


async def alerts_of(person) -> list[dict]:
    return [one for one in (await person.get("/alerts"))["items"] if one["kind"] == "answer_due"]


async def test_the_owner_is_told_once_for_each_day(hospital, drain):
    owner = await a_member_of_staff(hospital, "customer_service", name="陈静")
    other = await a_member_of_staff(hospital, "supervisor")
    await props.insert("staff_role", staff_id=owner.staff_id, role="supervisor")
    faq_id = await an_answer(owner_id=owner.staff_id, written_by=other.staff_id)
    await an_answer(owner_id=owner.staff_id, review_on=clock.today() + timedelta(days=1))
    await an_answer(owner_id=owner.staff_id, state="draft")
    assert (await tell_due(), await tell_due()) == (1, 0)
    await drain()
    (alert,) = await alerts_of(owner)
    assert (alert["subject_kind"], alert["subject_id"], alert["state"]) == ("faq", str(faq_id), "raised")
    assert "能停车吗？" in alert["title"]
    assert await alerts_of(other) == []
    until = (clock.today() + timedelta(days=30)).isoformat()
    await other.post(
        "/admin/faq/" + str(await an_answer(written_by=owner.staff_id)) + "/approval", {"review_on": until}
    )
    await owner.post(f"/admin/faq/{faq_id}/approval", {"review_on": until})
    await drain()
    (alert,) = await alerts_of(owner)
    assert alert["state"] == "resolved"
    assert (await db.fetch_one("SELECT due_told_for FROM faq WHERE id = $1", faq_id)) == {"due_told_for": None}
    await db.fetch("UPDATE faq SET review_on = $2 WHERE id = $1", faq_id, clock.today() - timedelta(days=1))
    assert (await tell_due(), await tell_due()) == (1, 0)
    await drain()
    assert [one["state"] for one in await alerts_of(owner)] == ["raised", "resolved"]


@pytest.mark.parametrize("gone", ["retired", "draft"])
async def test_an_answer_that_is_no_longer_read_calls_nobody(hospital, drain, gone):
    owner = await a_member_of_staff(hospital, "customer_service")
    faq_id = await an_answer(owner_id=owner.staff_id)
    await drain()
    await db.fetch("UPDATE faq SET state = $2 WHERE id = $1", faq_id, gone)
    await drain()
    assert [one["state"] for one in await alerts_of(owner)] == ["resolved"]


async def test_without_an_owner_the_author_and_then_the_supervisors_are_told(hospital, drain):
    here, there = await props.a_department(), await props.a_department()
    author = await a_member_of_staff(hospital, "customer_service")
    mine = await a_member_of_staff(hospital, "supervisor", department_id=here)
    whole = await a_member_of_staff(hospital, "supervisor")
    other = await a_member_of_staff(hospital, "supervisor", department_id=there)
    left = await a_member_of_staff(hospital, "customer_service")
    await db.fetch("UPDATE staff SET active = false WHERE id = $1", left.staff_id)
    await an_answer(written_by=author.staff_id, question="几点开门？")
    await an_answer(owner_id=left.staff_id, department_id=here, question="能刷医保吗？")
    await drain()
    titles = {
        name: [one["title"][-6:] for one in await alerts_of(who)] for name, who in named(author, mine, whole, other)
    }
    assert titles == {"author": ["：几点开门？"], "mine": ["能刷医保吗？"], "whole": ["能刷医保吗？"], "other": []}


def named(author, mine, whole, other):
    return {"author": author, "mine": mine, "whole": whole, "other": other}.items()


async def facts() -> int:
    return await props.count("fact", "name = 'AnswerDue'")


async def two_workers_look_at_once() -> None:
    """Both have seen the answer as due before either marks it."""
    owner = await props.a_staff("customer_service")
    faq_id = await an_answer(owner_id=owner)
    met = asyncio.Barrier(2)
    seen = reviews._ids

    async def together(sql, today):
        found = await seen(sql, today)
        if sql is reviews.DUE:
            await met.wait()
        return found

    patch = pytest.MonkeyPatch()
    patch.setattr(reviews, "_ids", together)
    try:
        await asyncio.gather(tell_due(), tell_due())
    finally:
        patch.undo()
    assert (await db.fetch_one("SELECT due_told_for FROM faq WHERE id = $1", faq_id))["due_told_for"] == clock.today()


async def test_two_workers_tell_once(hospital):
    await two_workers_look_at_once()
    assert await facts() == 1


async def test_without_the_guard_they_tell_twice(hospital, monkeypatch):
    monkeypatch.setattr(reviews, "TAKE_DUE", reviews.take_due(guard="true"))
    await two_workers_look_at_once()
    assert await facts() == 2
