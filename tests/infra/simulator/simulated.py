"""What the tests of the simulator use: a client with short verbs, the product's side of a push, a child process."""

import asyncio
import contextlib
import io
import os
import random
import signal
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from infra.simulator.templates import TEMPLATE_IDS

ROOT = Path(__file__).resolve().parents[3]
APPID, SECRET = "wx0000000000000001", "sim-secret"
PUSH_TOKEN, PUSH_AES_KEY = "devtoken", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
GOOD_DATA = {
    "thing1": {"value": "心血管内科"},
    "character_string2": {"value": "A012"},
    "thing3": {"value": "3 诊室"},
    "thing4": {"value": "请到诊室门口等候"},
}


def free_port() -> int:
    """Find a free port below the range from which the system gives ports to clients."""
    while True:
        port = random.SystemRandom().randint(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Sim:
    """A client with short verbs."""

    base: str
    http: aiohttp.ClientSession
    template_id: str = TEMPLATE_IDS["queue_called"]
    _token: str | None = None

    async def call(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """Give the JSON of an answer with status 200 or 201."""
        status, answer = await self.ask(method, path, body, **query)
        assert status in (200, 201), (status, answer)
        return answer

    async def ask(self, method: str, path: str, body: Any = None, /, **query: Any) -> tuple[int, Any]:
        """Give status and JSON of an answer; bytes are sent as they are."""
        raw = None if body is None else io.BytesIO(body if isinstance(body, bytes) else orjson.dumps(body))
        async with self.http.request(method, self.base + path, data=raw, params=query) as answer:
            got = await answer.read()
            return answer.status, orjson.loads(got) if got else None

    async def errcode(self, method: str, path: str, body: Any = None, /, **query: Any) -> int:
        """Give the errcode; an answer without one is 0."""
        return (await self.call(method, path, body, **query)).get("errcode", 0)

    async def stable_token(self, **more: Any) -> Any:
        form = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET} | more
        return await self.call("POST", "/cgi-bin/stable_token", form)

    async def token(self) -> str:
        if self._token is None:
            self._token = (await self.stable_token())["access_token"]
        return self._token

    async def person(self, openid: str | None = None, *, credits: int = 0) -> str:
        openid = (await self.call("POST", "/_sim/users", {"openid": openid} if openid else {}))["openid"]
        for _ in range(credits):
            await self.tap(openid)
        return openid

    async def tap(self, openid: str, result: str = "accept", **more: Any) -> Any:
        form = {"template_id": self.template_id, "result": result} | more
        return await self.call("POST", f"/_sim/users/{openid}/subscriptions", form)

    async def send(self, openid: str, **more: Any) -> Any:
        form = {"touser": openid, "template_id": self.template_id, "data": GOOD_DATA} | more
        return await self.call("POST", "/cgi-bin/message/subscribe/send", form, access_token=await self.token())

    async def messages(self, openid: str) -> list[Any]:
        return (await self.call("GET", f"/_sim/users/{openid}/messages"))["items"]

    async def calls(self, path: str) -> list[Any]:
        return (await self.call("GET", "/_sim/calls", path=path))["items"]

    async def fault(self, mode: str, path: str = "/cgi-bin/message/subscribe/send", **more: Any) -> None:
        await self.call("PUT", "/_sim/faults", {"path": path, "mode": mode} | more)

    async def forward(self, seconds: float) -> None:
        await self.call("PUT", "/_sim/clock", {"forward_seconds": seconds})

    async def pushes(self, *states: str, **query: Any) -> list[Any]:
        """Wait until every push has one of the states, and list them."""
        async with asyncio.timeout(5):
            while True:
                items = (await self.call("GET", "/_sim/pushes", **query))["items"]
                if all(item["state"] in (states or ("delivered",)) for item in items):
                    return items
                await asyncio.sleep(0.01)


@dataclass
class Receiver:
    """The product's side of a push, as wechatpy would do it."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)  # what to say to the next pushes: status, text or None for silence
    echoes: bool = True
    pushes: list[dict[str, Any]] = field(default_factory=list)  # decrypted, or why not
    bodies: list[bytes] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> Counter[str]:
        return Counter(push["Event"] for push in self.pushes)

    async def verify(self, request: web.Request) -> web.Response:
        query = request.query
        check_signature(PUSH_TOKEN, query["signature"], query["timestamp"], query["nonce"])
        return web.Response(text=query["echostr"] if self.echoes else "no")

    async def receive(self, request: web.Request) -> web.Response:
        body, query = await request.read(), dict(request.query)
        self.bodies.append(body)
        self.queries.append(query)
        form = orjson.loads(body)
        try:
            if "Encrypt" in form:
                crypto = WeChatCrypto(PUSH_TOKEN, PUSH_AES_KEY, APPID)
                plain = crypto.decrypt_message(form, query["msg_signature"], query["timestamp"], query["nonce"])
                form = orjson.loads(plain)
            check_signature(PUSH_TOKEN, query["signature"], query["timestamp"], query["nonce"])
        except Exception as refused:
            form = {"Event": type(refused).__name__}
        self.pushes.append(form)
        self.heard.set()
        answer = self.answers.pop(0) if self.answers else "success"
        if answer is None:
            await asyncio.sleep(30)
        return web.Response(status=answer) if isinstance(answer, int) else web.Response(text=answer)


@dataclass
class Child:
    """A simulator in a process of its own."""

    process: asyncio.subprocess.Process
    sim: Sim

    async def ends(self) -> int:
        async with asyncio.timeout(10):
            return await self.process.wait()

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.process.pid, number)
