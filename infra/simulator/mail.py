"""A mail server on a port of its own: takes what it is given, shows it, and fails as it is told.

Its faults have the path `/smtp`. A mail server has no 502 after it took a message: that mode breaks the connection too.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.simulator.clock import Clock, shown
from infra.simulator.faults import SLOW_DEFAULT_MS, Fault, Faults, Mode
from infra.simulator.ledger import Ledger, Received
from infra.simulator.settings import SimulatorSettings

PATH = "/smtp"
CRASHED = 137
MOST_BYTES = 1024 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
  id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL,
  text TEXT NOT NULL, html TEXT NOT NULL, message_id TEXT NOT NULL, raw TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS mail_recipient ON mail (recipient, id);
"""
TAKEN = "250 2.0.0 Ok"
# What stands before the @ says what becomes of a message, so that a test needs no further switch.
_OWN_WAYS = {
    "nobody": "550 5.1.1 User unknown",
    "full": "452 4.2.2 Mailbox full",
    "later": "451 4.7.1 Greylisted, try again later",
}
_REFUSED_BY_MODE = {
    Mode.QUOTA: "452 4.5.3 Too many messages today",
    Mode.TOKEN_EXPIRED: "530 5.7.0 Authentication required",
    Mode.SYSTEM_BUSY: "451 4.3.2 System busy",
}
logging.getLogger("mail.log").setLevel(logging.ERROR)  # the library tells of every line that it reads
_LOST_AFTER = (Mode.ACCEPT_THEN_DROP, Mode.HALF_BODY, Mode.HTTP_5XX_AFTER_ACCEPT)


@dataclass(frozen=True, slots=True)
class Post:
    """What the mail server works with: memory, time, faults, settings."""

    ledger: Ledger
    clock: Clock
    faults: Faults
    settings: SimulatorSettings


class MailServer:
    """The server and the boxes behind it."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._server: asyncio.Server | None = None
        for statement in _SCHEMA.split(";"):
            post.ledger.execute(statement)

    @property
    def port(self) -> int | None:
        """Give the port on which it listens, if it does."""
        return self._server.sockets[0].getsockname()[1] if self._server else None

    async def start(self) -> None:
        """Listen, when a port is set."""
        settings, loop = self._post.settings, asyncio.get_running_loop()
        if settings.mail_port is not None:
            self._server = await loop.create_server(
                lambda: _Protocol(
                    _Hooks(self._post),
                    hostname="mail.simulator",
                    loop=loop,
                    data_size_limit=MOST_BYTES,
                    auth_require_tls=False,
                    authenticator=self._knows,
                ),
                settings.host,
                settings.mail_port,
            )

    async def stop(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def list(self, recipient: str | None = None, *, limit: int = 100) -> "list[dict[str, Any]]":
        """List the latest messages, oldest first."""
        rows = self._post.ledger.all(
            "SELECT * FROM mail WHERE (?1 IS NULL OR recipient = ?1) ORDER BY id DESC LIMIT ?2", recipient, limit
        )
        return [{**dict(row), "at": shown(row["at"])} for row in reversed(rows)]

    def _knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        settings = self._post.settings
        wanted = LoginPassword(settings.mail_username.encode(), settings.mail_password.encode())
        # not handled: the server itself then says 535
        return AuthResult(success=isinstance(data, LoginPassword) and data == wanted, handled=False)


class _Protocol(SMTP):
    """The library's server; `break_off` and `write_raw` are how a connection ends in the middle."""

    def eof_received(self) -> bool:
        """Close what the other side has closed: the library would keep it half open for ever."""
        super().eof_received()
        return False

    def break_off(self) -> None:
        assert self.transport is not None  # a command came over it
        self.transport.close()

    async def write_raw(self, text: bytes) -> None:
        self._writer.write(text)
        await self._writer.drain()


class _Hooks:
    """What the server does with a message, command by command."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._fault: Fault | None = None

    async def handle_MAIL(
        self, server: _Protocol, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender; here it is decided what goes wrong with this message."""
        self._fault = self._post.faults.draw(PATH)
        if self._post.settings.mail_username and not session.authenticated:
            return self._refused("530 5.7.0 Authentication required", address)
        if self._fault is not None and self._fault.mode in _REFUSED_BY_MODE:
            return self._refused(_REFUSED_BY_MODE[self._fault.mode], address)
        envelope.mail_from = address
        return TAKEN

    async def handle_RCPT(
        self, server: _Protocol, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self._fault is not None and self._fault.mode is Mode.ERRCODE:
            return self._refused(f"{self._fault.errcode} Simulated", envelope.mail_from or "", address)
        if (refusal := _OWN_WAYS.get(address.partition("@")[0])) is not None:
            return self._refused(refusal, envelope.mail_from or "", address)
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, server: _Protocol, session: Session, envelope: Envelope) -> str:
        """Take the message."""
        fault, self._fault = self._fault, None
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        is_lost = fault is not None and fault.mode is Mode.DROP
        if not is_lost:
            self._keep(envelope, raw)
        self._record(envelope.mail_from or "", envelope.rcpt_tos, raw, reply=None if is_lost else TAKEN, fault=fault)
        await self._post.ledger.committed()
        if fault is None:
            return TAKEN
        await asyncio.sleep((fault.delay_ms or (SLOW_DEFAULT_MS if fault.mode is Mode.SLOW else 0)) / 1000)
        if fault.mode is Mode.CRASH:
            os._exit(CRASHED)
        if fault.mode is Mode.HALF_BODY:
            await server.write_raw(b"25")
        if is_lost or fault.mode in _LOST_AFTER:
            server.break_off()
        return TAKEN

    def _keep(self, envelope: Envelope, raw: bytes) -> None:
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self._post.ledger.execute(
                "INSERT INTO mail (recipient, sender, subject, text, html, message_id, raw, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                recipient,
                str(message["From"]),
                str(message["Subject"]),
                _part(message, "plain"),
                _part(message, "html"),
                str(message["Message-ID"]),
                raw.decode(errors="replace"),
                self._post.clock.now(),
            )

    def _refused(self, reply: str, sender: str, recipient: str = "") -> str:
        self._record(sender, [recipient] if recipient else [], b"", reply=reply, fault=self._fault)
        return reply

    def _record(
        self, sender: str, recipients: list[str], body: bytes, *, reply: str | None, fault: Fault | None
    ) -> None:
        query: Mapping[str, str] = {"from": sender, "to": ",".join(recipients)}
        received = Received(self._post.clock.now(), "DATA", PATH, query, body)
        is_heard = fault is None or fault.mode not in (*_LOST_AFTER, Mode.CRASH)
        self._post.ledger.record(
            received,
            status=int(reply[:3]) if reply and is_heard else None,
            answer={"reply": reply} if reply else None,
            fault=fault.mode.value if fault else None,
        )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
