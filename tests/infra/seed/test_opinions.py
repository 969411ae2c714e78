"""Invented answers of the demonstration: counted as any others, published, and only where nobody has answered."""

from infra.seed import opinions, seed_demo
from satisfaction.scores.models import CELLS_DIFFER
from server import db
from tests import props


async def test_a_demonstration_has_scores_from_the_first_minute_on(hospital):
    await seed_demo(1)
    await opinions.seed_opinions()
    assert await db.fetch(CELLS_DIFFER) == []
    assert await props.count("response") > 2000
    (row,) = await db.fetch("SELECT count(DISTINCT starts_on) AS months FROM score_published")
    assert row["months"] >= 12
    answers = await props.count("answer")
    await opinions.seed_opinions()
    assert await props.count("answer") == answers


async def test_a_real_hospital_is_left_alone(hospital):
    await props.a_department()
    await opinions.seed_opinions()
    assert await props.count("response") == 0
