"""Access tokens of a provider's accounts: one for all processes, refreshed by one of them at a time.

A token lies sealed in the table `provider_token`. Who needs a new one takes the row's turn for a few seconds, asks the
provider and writes down what came; the others wait for the row. No transaction and no session lock is held meanwhile,
so a process that dies in its turn holds nobody up for longer than the turn lasts.
"""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from server import db, privacy

log = structlog.get_logger("tokens")

MARGIN = timedelta(seconds=300)  # a provider ends a token this much before it says so, at the worst
SHORTEST = timedelta(seconds=30)
TURN = timedelta(seconds=12)  # longer than two calls to a provider
LOOK_SECONDS = 0.05
FORCED_APART = timedelta(minutes=90)  # a provider allows twenty a day
PLACE = "provider_token.sealed"

READ = """
SELECT sealed, extract(epoch FROM good_until - app_now())::float8 AS lives FROM provider_token
WHERE name = $1 AND sealed IS NOT NULL AND good_until > app_now() AND digest IS DISTINCT FROM $2
"""

# $1 name, $2 digest of the token that is no good any more, $3 who, $4 length of a turn. Gives a row to who has the
# turn: nobody else has it, and no good token has come meanwhile.
TAKE_TURN = """
INSERT INTO provider_token AS t (name, turn_of, turn_until) VALUES ($1, $3, app_now() + $4::interval)
ON CONFLICT (name) DO UPDATE SET turn_of = excluded.turn_of, turn_until = excluded.turn_until
WHERE (t.turn_until IS NULL OR t.turn_until <= app_now())
  AND (t.sealed IS NULL OR t.good_until <= app_now() OR t.digest IS NOT DISTINCT FROM $2)
RETURNING name
"""

# $1 name, $2 who, $3 digest of what is stale, $4 least time between two. Once for a stale token, and not too often.
MAY_FORCE = """
UPDATE provider_token SET forced_digest = $3, forced_at = app_now()
WHERE name = $1 AND turn_of = $2 AND forced_digest IS DISTINCT FROM $3
  AND (forced_at IS NULL OR forced_at <= app_now() - $4::interval)
RETURNING name
"""

# $1 name, $2 who, $3 sealed, $4 digest, $5 how long it lives. Who lost the turn does not write over a newer token.
PUT = """
UPDATE provider_token SET sealed = $3, digest = $4, good_until = app_now() + $5::interval, refreshed_at = app_now(),
                          turn_of = NULL, turn_until = NULL
WHERE name = $1 AND turn_of = $2
"""

GIVE_BACK = "UPDATE provider_token SET turn_of = NULL, turn_until = NULL WHERE name = $1 AND turn_of = $2"


@dataclass(frozen=True)
class Issued:
    """A token as the provider gave it. lives: how much longer, by its own word."""

    value: str
    lives: timedelta


@dataclass(frozen=True)
class _Held:
    value: str
    until: float  # on the clock of this process


class Tokens:
    """The tokens of one account of a provider.

    name: of the account, the same in every process: `mini:<app id>`. ask: asks the provider for a token; its argument
    tells whether the provider shall end the one that it has given out, also when it takes it for good.
    """

    def __init__(self, name: str, ask: Callable[[bool], Awaitable[Issued]]) -> None:
        self._name = name
        self._ask = ask
        self._who = f"{os.getpid()}:{secrets.token_hex(6)}"
        self._held: _Held | None = None
        self._flight: asyncio.Task[_Held] | None = None

    async def valid(self, *, stale: str | None = None) -> str:
        """Give a token that is not `stale`, the one that was just refused.

        Raises: whatever `ask` raises. All who wait for the same call are told the same.
        """
        while True:
            held = self._held
            if held is not None and held.value != stale and time.monotonic() < held.until:
                return held.value
            began = self._flight is None or self._flight.done()
            if began:
                # a task of its own: who asked first may be cancelled, and may stand in a transaction
                self._flight = asyncio.get_running_loop().create_task(self._refresh(stale), context=db.CLEAN.copy())
                self._flight.add_done_callback(_heard)
            assert self._flight is not None
            self._held = await asyncio.shield(self._flight)
            if began:  # whatever it is, nothing better is to be had now
                return self._held.value

    async def _refresh(self, stale: str | None) -> _Held:
        spent = _digest(stale) if stale is not None else None
        try:
            while True:
                if (row := await db.fetch_one(READ, self._name, spent)) is not None:
                    value = privacy.unseal(row["sealed"], place=PLACE, row_id=self._name)
                    return _Held(value, time.monotonic() + row["lives"])
                if await db.fetch(TAKE_TURN, self._name, spent, self._who, TURN):
                    return await self._take_turn(stale)
                await asyncio.sleep(LOOK_SECONDS)
        except Exception as error:
            if not db.is_away(error):
                raise
        # without the database the processes cannot agree; a provider gives the same token to whoever asks plainly
        log.warning("token_not_shared", account=self._name)
        return _held(await self._ask(False))

    async def _take_turn(self, stale: str | None) -> _Held:
        try:
            issued = await self._ask(False)
            if stale is not None and issued.value == stale:
                spent = _digest(stale)
                if await db.fetch(MAY_FORCE, self._name, self._who, spent, FORCED_APART):
                    log.warning("token_forced", account=self._name)
                    issued = await self._ask(True)
        except BaseException:
            await db.fetch(GIVE_BACK, self._name, self._who)
            raise
        sealed = privacy.seal(issued.value, place=PLACE, row_id=self._name)
        await db.fetch(PUT, self._name, self._who, sealed, _digest(issued.value), _good_for(issued))
        return _held(issued)


def _held(issued: Issued) -> _Held:
    return _Held(issued.value, time.monotonic() + _good_for(issued).total_seconds())


def _good_for(issued: Issued) -> timedelta:
    return max(SHORTEST, issued.lives - MARGIN)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _heard(task: asyncio.Task[_Held]) -> None:
    if not task.cancelled():
        task.exception()  # who waits is told; when nobody waits any more there is nobody to tell
