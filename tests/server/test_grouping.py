"""Group commit: who waits together goes together, each gets its own result, and one that is bad dies alone."""

import asyncio

import pytest

from server.grouping import Group


class Runs:
    """A function over groups that waits until it is let go, and remembers the groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = asyncio.Event()

    async def __call__(self, asked):
        self.groups.append(list(asked))
        await self.gate.wait()
        if 13 in asked:
            raise ValueError("13")
        if 99 in asked:
            raise ConnectionError
        return [n * 10 for n in asked]


async def all_wait(group: Group, numbers) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(group.ask(n)) for n in numbers]
    await asyncio.sleep(0)
    return tasks


async def test_what_waits_while_one_runs_goes_together_and_in_order():
    runs = Runs()
    group = Group(runs, lanes=1, at_most=4)
    tasks = await all_wait(group, range(10))
    runs.gate.set()
    assert await asyncio.gather(*tasks) == [n * 10 for n in range(10)]
    assert runs.groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_many_go_by_halves_and_few_whole():
    runs = Runs()
    group = Group(runs, lanes=1, at_most=5, whole=3)
    tasks = await all_wait(group, range(12))
    runs.gate.set()
    assert await asyncio.gather(*tasks) == [n * 10 for n in range(12)]
    assert [len(one) for one in runs.groups] == [5, 4, 3]


async def test_no_more_lanes_run_than_allowed_and_one_alone_does_not_wait():
    runs = Runs()
    group = Group(runs, lanes=2, at_most=4)
    first = await all_wait(group, [1])
    await asyncio.sleep(0)
    assert runs.groups == [[1]]
    rest = await all_wait(group, range(2, 12))
    await asyncio.sleep(0)
    assert len(runs.groups) == 2
    runs.gate.set()
    await asyncio.gather(*first, *rest)


async def test_a_poisoned_request_dies_alone():
    runs = Runs()
    runs.gate.set()
    group = Group(runs, lanes=1, at_most=8)
    found = await asyncio.gather(*await all_wait(group, [1, 13, 2]), return_exceptions=True)
    assert found[0] == 10
    assert isinstance(found[1], ValueError)
    assert found[2] == 20


async def test_a_database_that_went_away_is_everybodys_error_and_nothing_is_done_again():
    runs = Runs()
    runs.gate.set()
    group = Group(runs, lanes=1, at_most=8)
    found = await asyncio.gather(*await all_wait(group, [1, 99, 2]), return_exceptions=True)
    assert all(isinstance(one, ConnectionError) for one in found)
    assert runs.groups == [[1, 99, 2]]


async def test_who_left_before_the_turn_is_not_served():
    runs = Runs()
    group = Group(runs, lanes=1, at_most=1)
    first, second, third = await all_wait(group, [1, 2, 3])
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    runs.gate.set()
    assert [await first, await third] == [10, 30]
    assert runs.groups == [[1], [3]]
    with pytest.raises(asyncio.CancelledError):
        await second


@pytest.mark.parametrize("lanes", [1, 2, 3])
async def test_who_asks_just_when_the_last_lane_ends_is_served(lanes):
    """Results and the ends of lanes come in one round of the loop: who asks again at once must find a lane."""
    runs = Runs()
    runs.gate.set()
    group = Group(runs, lanes=lanes, at_most=1)

    async def asks_again_and_again(n: int) -> None:
        for _ in range(20):
            assert await group.ask(n) == n * 10

    async with asyncio.timeout(20):
        await asyncio.gather(*(asks_again_and_again(n) for n in range(lanes)))


async def test_another_lane_begins_only_when_a_group_is_held_up():
    runs = Runs()
    group = Group(runs, lanes=2, at_most=4, patience=3600)
    tasks = await all_wait(group, [1])
    tasks += await all_wait(group, [2])
    assert runs.groups == [[1]]  # whoever comes meanwhile goes with the next
    group._began -= 3600  # and it takes long
    tasks += await all_wait(group, [3])
    await asyncio.sleep(0)
    assert runs.groups == [[1], [2, 3]]
    runs.gate.set()
    assert await asyncio.gather(*tasks) == [10, 20, 30]
