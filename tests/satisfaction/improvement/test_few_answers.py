"""Fewer answers than are ever shown are not shown beside an improvement either."""

import pytest

from tests.satisfaction.improvement.test_goals import answered, of_process
from tests.satisfaction.scores.answers import a_response

NOBODY = (0, 0.0, 0.0)


def said(found: dict) -> tuple:
    return found["n"], found["mean"], found["sd"]


@pytest.mark.parametrize(("values", "shown"), [((4, 2, 2, 3), NOBODY), ((4, 2, 2, 3, 4), (5, 50.0, 25.0))])
async def test_few_answers_of_before_and_after_are_shown_as_none(ward, past, clock, values, shown):
    await answered(past.department_id, values)
    item = await ward.supervisor.post("/improvements", of_process(past))
    path = f"/improvements/{item['id']}"
    assert said((await ward.supervisor.get(f"{path}/power"))["baseline"]) == shown
    await past.accepted(item["id"])
    assert said((await ward.head.post(f"{path}/start"))["baseline"]) == shown
    await ward.head.post(f"{path}/completion", {"text": "已落实"})
    await clock.forward(days=5)
    for value in (5, 4, 5, 4):
        await a_response(past.department_id, {"waiting": value})
    await clock.forward(days=27)
    await ward.run("measure_improvements")
    (look,) = (await ward.supervisor.get(f"{path}/effect"))["looks"]
    figures = look["figures"]
    assert (said(figures["before"]), said(figures["after"])) == (shown, NOBODY)
    assert (figures["effect"], figures["p"]) == ({"estimate": None, "low": None, "high": None}, 1.0)
