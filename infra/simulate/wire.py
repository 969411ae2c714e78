"""Requests of the simulated people: sent, timed, and judged. Every answer is expected or it is reported."""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from infra.simulate.plan import percentile

_ID = re.compile(r"/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
_OPENID = re.compile(r"/users/[^/]+")
_LONGEST_WAIT_SECONDS = 5.0
_TRIES = 4


class Unexpected(Exception):
    """An answer that nobody should get; it is in the record, and who got it gives up."""


@dataclass(frozen=True)
class Answer:
    """What came back. code: of a refusal, empty when it was granted."""

    status: int
    body: Any
    code: str
    is_replayed: bool


@dataclass
class Record:
    """Everything that was asked and how it was answered.

    seconds: of every request, by route. refusals: expected ones by code. surprises: sentences.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refusals: Counter[str] = field(default_factory=Counter)
    asked_to_wait: int = 0
    surprises: list[str] = field(default_factory=list)

    def surprise(self, sentence: str) -> Unexpected:
        """Write down what should not have happened; give the exception to raise."""
        self.surprises.append(sentence)
        return Unexpected(sentence)

    def requests(self) -> int:
        """Count the requests."""
        return sum(len(values) for values in self.seconds.values())

    def by_route(self) -> list[tuple[str, int, float, float, float]]:
        """List route, count, and the milliseconds at 50, 95 and 99 %, the busiest route first."""
        return [
            (
                route,
                len(values),
                percentile(values, 0.50) * 1000,
                percentile(values, 0.95) * 1000,
                percentile(values, 0.99) * 1000,
            )
            for route, values in sorted(self.seconds.items(), key=lambda item: -len(item[1]))
        ]


class Wire:
    """The way to one server."""

    def __init__(self, http: aiohttp.ClientSession, base: str, record: Record) -> None:
        self._http = http
        self._base = base.rstrip("/")
        self._record = record

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str | None = None,
        refusals: Collection[str] = (),
    ) -> Answer:
        """Send one request and judge the answer. A POST carries a fresh Idempotency-Key when none is given.

        refusals: codes that are right behaviour here.
        Raises: Unexpected after any other answer than 2xx or one of these.
        """
        route = f"{method} {_OPENID.sub('/users/{openid}', _ID.sub('/{id}', path.partition('?')[0]))}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        for _ in range(_TRIES):
            answer, wait_seconds = await self._send(route, method, path, body, headers)
            if answer.status != 429 or wait_seconds is None:
                break
            self._record.asked_to_wait += 1
            await asyncio.sleep(min(wait_seconds, _LONGEST_WAIT_SECONDS))
        if answer.status >= 500 or (answer.status >= 300 and answer.code not in refusals):
            raise self._record.surprise(f"{route}: {answer.status} {answer.code} {_detail(answer.body)}")
        if answer.code:
            self._record.refusals[answer.code] += 1
        return answer

    async def _send(
        self, route: str, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[Answer, float | None]:
        began = time.perf_counter()
        try:
            async with self._http.request(method, self._base + path, json=body, headers=headers) as reply:
                raw = await reply.read()
                is_json = "json" in reply.headers.get("Content-Type", "")
                decoded = await reply.json(content_type=None) if raw and is_json else None
                self._record.seconds[route].append(time.perf_counter() - began)
                code = decoded.get("code", "") if reply.status >= 400 and isinstance(decoded, dict) else ""
                wait = reply.headers.get("Retry-After", "")
                answer = Answer(reply.status, decoded, code, reply.headers.get("Idempotent-Replayed") == "true")
                return answer, float(wait) if wait.isdigit() else None
        except (aiohttp.ClientError, TimeoutError) as trouble:
            raise self._record.surprise(f"{route}: no answer, {type(trouble).__name__} {trouble}") from trouble


def _detail(body: Any) -> str:
    if not isinstance(body, dict):
        return str(body)[:200]
    return f"{body.get('detail', '')} {body.get('errors', '')} request {body.get('request_id', '')}"[:300]
