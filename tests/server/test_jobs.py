"""Looks at many rows: a bad one holds nobody up, and a database that is away is nobody's fault."""

import pytest

from server import jobs
from server.ids import new_id


async def test_a_bad_row_does_not_hold_up_those_behind_it():
    seen, before = [], jobs.bad_rows.labels("test")._value.get()

    async def act(row):
        seen.append(row["n"])
        if row["n"] == 1:
            raise RuntimeError("bad")
        return row["n"]

    assert await jobs.each("test", [{"n": n, "id": new_id()} for n in (3, 1, 2)], act) == 5
    assert seen == [3, 1, 2]
    assert jobs.bad_rows.labels("test")._value.get() == before + 1


async def test_a_bad_row_is_named_by_its_ids_alone():
    row = {"id": "r1", "department_id": "d1", "patient_name": "张三"}
    assert jobs._named(row) == "id=r1 department_id=d1"
    assert jobs._named("张三") is None


async def test_a_database_that_went_away_ends_the_look():
    seen = []

    async def act(row):
        seen.append(row)
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await jobs.each("test", [1, 2], act)
    assert seen == [1]
