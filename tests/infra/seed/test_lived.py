"""What the demonstration has lived through: little, true to the rules, and only where nothing was there."""

import time
from datetime import timedelta

from infra.seed import cases, opinions, seed_demo
from infra.seed.lived import seed_lives
from satisfaction.improvement.invariants import IMPROVEMENT_INVARIANTS
from satisfaction.sealing.chain import verify
from server import clock, db
from tests import props

DEFINITION = "SELECT pg_get_functiondef('app_now()'::regprocedure) AS it"


async def test_each_page_of_opinions_shows_something_true(hospital):
    await seed_demo(1)
    await opinions.seed_opinions()
    there = await db.fetch(DEFINITION)
    began = time.monotonic()
    await seed_lives()
    print(f"lived: {time.monotonic() - began:.2f} s")  # noqa: T201
    assert clock.shift() == timedelta(0)
    row = await db.fetch_one("SELECT app_now() = now() AS is_back")
    assert row == {"is_back": True}
    assert await db.fetch(DEFINITION) == there  # tests and trials have a clock that moves

    rows = await db.fetch(
        "SELECT d.code, i.state, i.level, i.cycle FROM improvement i JOIN department d ON d.id = i.department_id"
        " WHERE NOT i.is_automatic"
    )
    assert {row["code"]: (row["state"], row["level"], row["cycle"]) for row in rows} == {
        "rheumatology": ("effective", 0, 1),
        "neurology": ("accepted", 1, 2),  # no effect: reopened one level higher
        "urology": ("too_few", 0, 1),
        "digestive": ("not_yet", 0, 1),
        "obstetrics": ("measuring", 0, 1),
        "pediatrics": ("doing", 0, 1),
        "surgery": ("accepted", 0, 1),
        "child-health": ("proposed", 0, 1),
        "dental": ("rejected", 0, 1),
        "cardiology": ("closed", 0, 1),
    }
    verdicts = {row["verdict"] for row in await db.fetch("SELECT verdict FROM improvement_look")}
    assert verdicts >= {"effective", "not_effective", "too_few"}
    automatic = await db.fetch("SELECT cause_code FROM improvement WHERE is_automatic")
    assert [row["cause_code"] for row in automatic] == [cases.CAUSE_AGAIN]
    assert await props.count("improvement_evidence") >= 4
    for _, sql in IMPROVEMENT_INVARIANTS:
        assert await db.fetch(sql) == []

    published = await db.fetch("SELECT state, count(*) AS n FROM library_case GROUP BY 1 ORDER BY 1")
    assert {row["state"]: row["n"] for row in published} == {"draft": 1, "published": 4}
    (opened,) = await db.fetch("SELECT is_sealed, id FROM complaint WHERE closed_at IS NULL")
    assert opened["is_sealed"]
    files = await db.fetch("SELECT kind FROM attachment WHERE complaint_id = $1 ORDER BY kind, place", opened["id"])
    assert [row["kind"] for row in files] == ["picture", "picture", "voice"]
    comments = await db.fetch("SELECT state, count(*) AS n FROM text_check GROUP BY 1 ORDER BY 1")
    assert {row["state"]: row["n"] for row in comments} == {"hidden": 1, "passed": 4, "to_be_read": 1}
    assert await props.count("breach") == 0
    assert await verify() == []

    before = [await props.count(table) for table in ("complaint", "improvement", "library_case", "text_check")]
    await seed_lives()
    assert [await props.count(table) for table in ("complaint", "improvement", "library_case", "text_check")] == before


async def test_a_real_hospital_and_one_that_has_complaints_are_left_alone(hospital):
    await props.a_department()
    await seed_lives()
    assert await props.count("complaint") == 0
