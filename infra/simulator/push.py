"""The push client: signs, encrypts and delivers events to the product, with the platform's patience.

Source: wechat.md 3.1 to 3.3, 3.5 and 12.3. The encryption is written here and not taken from wechatpy,
so that the product's side is checked by somebody else's work.
"""

import asyncio
import base64
import hashlib
import os
import random
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from infra.simulator.clock import Clock, shown
from infra.simulator.ledger import Ledger
from infra.simulator.settings import SimulatorSettings

PENDING, DELIVERED, FAILED, UNSENT = "pending", "delivered", "failed", "unsent"
_AT_ONCE = 16  # connections to the product
_BLOCK = 32
_REMARK = "push_url"
_MINI_PATH, _OFFICIAL_PATH = "/wechat/push", "/wechat/official/push"
FORGERIES = ("signature", "appid")


@dataclass(frozen=True, slots=True)
class Mischief:
    """How pushes may go wrong on the way; the platform promises neither order nor once."""

    copies: int = 1  # how often each push is delivered
    jitter_ms: int = 0  # up to so much later, each on its own, so that order is lost
    forge: str | None = None  # signature · appid


@dataclass(frozen=True, slots=True)
class Sender:
    """An account that pushes: how it signs and encrypts, where to, and in which form."""

    appid: str
    original_id: str
    token: str
    aes_key: str
    speaks_xml: bool = False


class Refusal(Exception):
    """The product did not prove that the address is its own."""


def signature(*parts: str) -> str:
    """Sign as the platform does: SHA-1 of the sorted parts, in hex."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(message: bytes, aes_key: str, appid: str) -> str:
    """Encrypt a message: 16 random bytes, length, message, appid, padded to blocks of 32 bytes; AES-256-CBC."""
    key = base64.b64decode(aes_key + "=")
    plain = os.urandom(16) + len(message).to_bytes(4, "big") + message + appid.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


Letter = tuple[Sender, str, bytes, str]  # from whom, about whom, body, the cipher text in it


class Pushes:
    """Everything that is or was on its way to the product. A push outlives the simulator's process."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._mini = Sender(settings.appid, settings.original_id, settings.push_token, settings.push_aes_key)
        self._official = Sender(
            settings.official_appid,
            settings.official_original_id,
            settings.official_push_token,
            settings.official_push_aes_key,
            speaks_xml=True,
        )
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self.mischief = Mischief()
        self.url: str | None = settings.push_url or ledger.remark(_REMARK)

    async def start(self) -> None:
        """Open the connections and go on with what an earlier process left undone."""
        timeout = aiohttp.ClientTimeout(total=self._settings.push_timeout_ms / 1000)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=_AT_ONCE))
        for row in self._ledger.all("SELECT id FROM push WHERE state = ? ORDER BY id", PENDING):
            self._begin(row["id"], delay_ms=0)

    async def stop(self) -> None:
        """Leave pending pushes for the next process."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(self, event: str, openid: str, message: dict[str, Any], *, delay_ms: int = 0) -> None:
        """Write an event down and begin to deliver it; without an address it stays unsent."""
        written = self._ledger.execute(
            "INSERT INTO push (at, event, openid, message, state) VALUES (?, ?, ?, ?, ?)",
            self._clock.now(),
            event,
            openid,
            orjson.dumps(message).decode(),
            PENDING if self.url else UNSENT,
        )
        if self.url and written.lastrowid is not None:
            self._begin(written.lastrowid, delay_ms=delay_ms)

    async def set_url(self, url: str | None) -> None:
        """Take another address, after it has echoed a signed random text.

        Raises: Refusal, and the old address stays.
        """
        if url is not None:
            await self._check_echo(url)
        self.url = url
        self._ledger.set_remark(_REMARK, url)

    async def forget(self) -> int:
        """Give up every push that is still on its way and wait until none is; give their number."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._ledger.execute("UPDATE push SET state = ? WHERE state = ?", UNSENT, PENDING)
        return len(tasks)

    def list(self, *, event: str | None, openid: str | None, limit: int) -> list[dict[str, Any]]:
        """List the latest pushes, oldest first, each with its tries."""
        rows = self._ledger.all(
            "SELECT * FROM push WHERE (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR openid = ?2) "
            "ORDER BY id DESC LIMIT ?3",
            event,
            openid,
            limit,
        )
        return [self._shown(row) for row in reversed(rows)]

    async def _check_echo(self, url: str) -> None:
        assert self._session is not None
        echo = secrets.token_hex(10)
        try:
            async with self._session.get(_with(url, self._signed(self._mini) | {"echostr": echo})) as response:
                if response.status != 200 or await response.text() != echo:
                    raise Refusal(f"the address answered {response.status} and not the echo")
        except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
            raise Refusal(f"the address cannot be reached: {type(trouble).__name__}") from trouble

    def _begin(self, push_id: int, *, delay_ms: int) -> None:
        delay_ms += random.randint(0, self.mischief.jitter_ms)
        task = asyncio.create_task(self._deliver(push_id, delay_ms / 1000))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, push_id: int, delay: float) -> None:
        await self._ledger.committed()  # nobody hears of what could still be lost
        await asyncio.sleep(delay)
        row = self._ledger.one("SELECT openid, message FROM push WHERE id = ?", push_id)
        assert row is not None
        mischief = self.mischief
        sender = self._sender_of(row["message"])
        body, encrypted = self._body(row["message"].encode(), sender, mischief)
        for _ in range(mischief.copies):
            state = await self._try_until_heard(push_id, (sender, row["openid"], body, encrypted), mischief)
        self._ledger.execute("UPDATE push SET state = ? WHERE id = ?", state, push_id)
        await self._ledger.committed()

    def _sender_of(self, message: str) -> Sender:
        is_official = orjson.loads(message).get("ToUserName") == self._official.original_id
        return self._official if is_official else self._mini

    async def _try_until_heard(self, push_id: int, letter: Letter, mischief: Mischief) -> str:
        for number in range(self._settings.push_retries_total):
            if number:
                await asyncio.sleep(self._settings.push_pause_ms / 1000)
            url = self.url
            if url is None:
                return UNSENT
            async with self._at_once:
                at = self._clock.now()
                status, outcome = await self._post(url, letter, mischief)
            self._ledger.execute("INSERT INTO push_try VALUES (?, ?, ?, ?, ?)", push_id, at, url, status, outcome)
            await self._ledger.committed()
            if outcome == "success":
                return DELIVERED
        return FAILED

    async def _post(self, url: str, letter: Letter, mischief: Mischief) -> tuple[int | None, str]:
        assert self._session is not None
        sender, openid, body, encrypted = letter
        query = self._signed(sender) | {"openid": openid}
        if encrypted:
            signed = signature(sender.token, query["timestamp"], query["nonce"], encrypted)
            query |= {"encrypt_type": "aes", "msg_signature": signed}
        if mischief.forge == "signature":
            query |= {name: "0" * 40 for name in ("signature", "msg_signature") if name in query}
        headers = {"Content-Type": "text/xml" if sender.speaks_xml else "application/json"}
        if sender is self._official:
            url = url.replace(_MINI_PATH, _OFFICIAL_PATH)
        try:
            async with self._session.post(_with(url, query), data=body, headers=headers) as response:
                text = (await response.content.read(1024)).decode(errors="replace")
                heard = response.status == 200 and text in ("", "success")
                return response.status, "success" if heard else f"answered {response.status}: {text[:80]}"
        except TimeoutError:
            return None, "timeout"
        except (aiohttp.ClientError, ValueError) as trouble:
            return None, type(trouble).__name__

    def _body(self, message: bytes, sender: Sender, mischief: Mischief) -> tuple[bytes, str]:
        """Give the body, and the cipher text in it, empty in plain mode."""
        if sender.speaks_xml:
            message = _xml(orjson.loads(message))
        if self._settings.push_mode == "plain":
            return message, ""
        appid = "wx000000000000dead" if mischief.forge == "appid" else sender.appid
        encrypted = encrypt(message, sender.aes_key, appid)
        envelope = {"ToUserName": sender.original_id, "Encrypt": encrypted}
        return (_xml(envelope) if sender.speaks_xml else orjson.dumps(envelope)), encrypted

    def _signed(self, sender: Sender) -> dict[str, str]:
        timestamp, nonce = str(int(self._clock.now())), secrets.token_hex(5)
        signed = signature(sender.token, timestamp, nonce)
        return {"signature": signed, "timestamp": timestamp, "nonce": nonce}

    def _shown(self, row: Any) -> dict[str, Any]:
        tries = self._ledger.all("SELECT * FROM push_try WHERE push_id = ? ORDER BY at", row["id"])
        return {
            "id": row["id"],
            "at": shown(row["at"]),
            "event": row["event"],
            "openid": row["openid"],
            "message": orjson.loads(row["message"]),
            "state": row["state"],
            "tries": [
                {"at": shown(one["at"]), "url": one["url"], "status": one["status"], "outcome": one["outcome"]}
                for one in tries
            ],
        }


def _xml(message: dict[str, Any]) -> bytes:
    """Write a flat message as the platform writes XML: numbers bare, texts in CDATA."""
    parts = (
        f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"
        for name, value in message.items()
    )
    return f"<xml>{''.join(parts)}</xml>".encode()


def _with(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
