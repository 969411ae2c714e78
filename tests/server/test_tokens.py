"""One token for all processes: asked for by one of them, shared sealed, forced once for a stale one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from server import db, tokens
from server.runtime import runtime
from server.tokens import Issued, Tokens
from server.wechat import Wechat, WechatUnreachable
from tests.cast import a_patient_with_a_phone
from tests.mutants import Mutant, is_killed
from tests.server.test_wechat import calls, fault, send

LIVES = timedelta(hours=2)
STABLE_TOKEN = "/cgi-bin/stable_token"


class Provider:
    """Gives out tokens by number: the same one until it is forced, as the platform does."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.number = 1
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, is_forced: bool) -> Issued:
        self.asked.append(is_forced)
        self.number += is_forced
        await self.gate.wait()
        return Issued(f"token-{self.number}", LIVES)


@pytest.fixture
def provider(hospital) -> Provider:
    return Provider()


def processes(provider: Provider, count: int) -> list[Tokens]:
    """Stand for that many processes: they share nothing but the database."""
    return [Tokens("mini:test", provider.ask) for _ in range(count)]


@asynccontextmanager
async def turns_wanted() -> AsyncIterator[list[str]]:
    """Note each look for the turn, once it is answered."""
    real, seen = db.fetch, []

    async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
        rows = await real(sql, *args)
        if sql == tokens.TAKE_TURN:
            seen.append(sql)
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "fetch", fetch)
        yield seen


async def one_asks_and_the_others_wait(hospital, provider: Provider) -> None:
    first, *others = processes(provider, 10)
    provider.gate.clear()
    asking = asyncio.create_task(first.valid())
    await _until(lambda: _is(provider.asked))
    async with turns_wanted() as wanted:
        waiting = [asyncio.create_task(one.valid()) for one in others]
        await _until(lambda: _is(len(wanted) >= len(others)))  # each has looked for the turn, and asks if it has it
    provider.gate.set()
    assert set(await asyncio.gather(asking, *waiting)) == {"token-1"}
    assert provider.asked == [False]


async def test_ten_processes_ask_once(hospital, provider):
    await one_asks_and_the_others_wait(hospital, provider)


@pytest.mark.mutant
async def test_without_the_turn_several_ask(hospital, provider, monkeypatch):
    guard = "(t.turn_until IS NULL OR t.turn_until <= app_now())\n  AND "
    mutant = Mutant("the turn", tokens, "TAKE_TURN", ((guard, ""),), one_asks_and_the_others_wait)
    await is_killed(mutant, monkeypatch, hospital, provider)


async def test_the_platform_is_asked_once_by_ten_servers(hospital):
    people = [await a_patient_with_a_phone(hospital, phone=f"1380013800{n}") for n in range(10)]
    for person in people:
        await person.accepts("appointment_booked")
    await fault(hospital, STABLE_TOKEN, "slow", delay_ms=200, count=1)
    before = await calls(hospital, STABLE_TOKEN)
    servers = [Wechat(hospital.settings.wechat, runtime().http) for _ in people]
    await asyncio.gather(*(send(wechat, person.openid) for wechat, person in zip(servers, people, strict=True)))
    assert await calls(hospital, STABLE_TOKEN) == before + 1
    async with hospital.http.post(hospital.simulator + "/_sim/tokens/expire"):
        pass
    for person in people:
        await person.accepts("appointment_booked")
    await asyncio.gather(*(send(wechat, person.openid) for wechat, person in zip(servers, people, strict=True)))
    assert await calls(hospital, STABLE_TOKEN) == before + 2


async def test_a_stale_token_is_exchanged_for_the_one_that_another_has_fetched(hospital, provider):
    first, second = processes(provider, 2)
    assert (await first.valid(), await second.valid()) == ("token-1", "token-1")
    provider.number = 2  # the platform ended the first by itself
    assert await first.valid(stale="token-1") == "token-2"
    assert await second.valid(stale="token-1") == "token-2"
    assert provider.asked == [False, False]


async def test_a_token_that_the_provider_takes_for_good_is_forced_once(hospital, provider, clock):
    first, second = processes(provider, 2)
    await first.valid()
    assert await first.valid(stale="token-1") == "token-2"
    assert await second.valid(stale="token-1") == "token-2"
    assert provider.asked == [False, False, True]
    # the new one is refused as well: not forced again so soon
    assert await second.valid(stale="token-2") == "token-2"
    assert provider.asked == [False, False, True, False]
    await clock.forward(minutes=91)
    assert await second.valid(stale="token-2") == "token-3"
    assert provider.asked.count(True) == 2


async def test_a_token_ends_before_its_provider_ends_it(hospital, provider, clock):
    await processes(provider, 1)[0].valid()
    await clock.forward(minutes=114)
    await processes(provider, 1)[0].valid()
    assert provider.asked == [False]
    await clock.forward(minutes=2)
    await processes(provider, 1)[0].valid()
    assert provider.asked == [False, False]


async def test_who_dies_in_its_turn_holds_nobody_up_for_long(hospital, provider, clock):
    dead, alive = processes(provider, 2)
    await db.fetch(tokens.TAKE_TURN, "mini:test", None, "dead", tokens.TURN)
    waiting = asyncio.create_task(alive.valid())
    await asyncio.wait({waiting}, timeout=0.2)
    assert not waiting.done()
    await clock.forward(seconds=13)
    assert await waiting == "token-1"
    # the dead one comes back with what it was told long ago: nobody takes it
    await db.fetch(tokens.PUT, "mini:test", "dead", b"old", b"old", LIVES)
    assert await dead.valid() == "token-1"
    assert provider.asked == [False]


async def test_a_call_that_fails_gives_the_turn_to_the_next(hospital, provider):
    async def away(is_forced: bool) -> Issued:
        raise WechatUnreachable("away")

    with pytest.raises(WechatUnreachable):
        await Tokens("mini:test", away).valid()
    assert await processes(provider, 1)[0].valid() == "token-1"


async def test_who_waits_in_the_same_process_hears_of_the_same_failure(hospital):
    asked = []

    async def away(is_forced: bool) -> Issued:
        asked.append(is_forced)
        raise WechatUnreachable("away")

    account = Tokens("mini:test", away)
    found = await asyncio.gather(*(account.valid() for _ in range(20)), return_exceptions=True)
    assert {type(error) for error in found} == {WechatUnreachable}
    assert asked == [False]


async def test_without_the_database_a_process_asks_for_itself(hospital, provider, monkeypatch):
    async def away(*args: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(tokens.db, "fetch_one", away)
    assert await processes(provider, 1)[0].valid() == "token-1"
    assert provider.asked == [False]


async def test_the_table_holds_no_readable_token(hospital, provider):
    await processes(provider, 1)[0].valid()
    (row,) = await db.fetch("SELECT * FROM provider_token")
    assert "token-1" not in str(row)
    assert (row["turn_of"], row["turn_until"]) == (None, None)


async def _is(found: object) -> bool:
    return bool(found)


async def _until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await look():
            await asyncio.sleep(0.005)
