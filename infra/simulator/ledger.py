"""What the simulated platform remembers: one SQLite file with its state and every request it received.

State and ledger change in one transaction, and nobody hears an answer before that transaction is
committed; so a `kill -9` loses nothing that was answered, and answers nothing that is lost.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from infra.simulator.clock import shown

KEPT_BODY_CHARACTERS = 65_536
_MASKED = frozenset({"secret", "appsecret", "access_token", "session_key", "key", "signature", "corpsecret"})
_FIRST_MSGID = 3_700_000_000_000_000_000  # real ones have 19 digits, more than a JavaScript number holds

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS remark (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS call (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  query TEXT NOT NULL, body TEXT NOT NULL, status INTEGER, answer TEXT, fault TEXT);
CREATE INDEX IF NOT EXISTS call_path ON call (path, id);
CREATE TABLE IF NOT EXISTS token (
  value TEXT PRIMARY KEY, family TEXT NOT NULL, issued_at REAL NOT NULL, valid_until REAL NOT NULL,
  superseded INTEGER NOT NULL DEFAULT 0, forced INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_family ON token (family, issued_at);
CREATE TABLE IF NOT EXISTS person (
  openid TEXT PRIMARY KEY, session_key TEXT NOT NULL, phone TEXT NOT NULL, created_at REAL NOT NULL,
  last_visit_at REAL, blocked INTEGER NOT NULL DEFAULT 0, main_switch INTEGER NOT NULL DEFAULT 1,
  closed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code (
  value TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL, expires_at REAL NOT NULL,
  used_at REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consent (
  openid TEXT NOT NULL, template_id TEXT NOT NULL, credits INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL,
  always_keep INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (openid, template_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ban (template_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
  msgid INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, template_id TEXT NOT NULL, data TEXT NOT NULL,
  page TEXT NOT NULL, miniprogram_state TEXT NOT NULL, lang TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS message_openid ON message (openid, msgid);
CREATE TABLE IF NOT EXISTS push (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, event TEXT NOT NULL, openid TEXT NOT NULL,
  message TEXT NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS push_pending ON push (state) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS push_try (
  push_id INTEGER NOT NULL, at REAL NOT NULL, url TEXT NOT NULL, status INTEGER, outcome TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS push_try_push ON push_try (push_id);
CREATE TABLE IF NOT EXISTS robot_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, robot TEXT NOT NULL, at REAL NOT NULL, msgtype TEXT NOT NULL,
  content TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS robot_message_robot ON robot_message (robot, at);
CREATE TABLE IF NOT EXISTS quota_use (
  path TEXT NOT NULL, span TEXT NOT NULL, number INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (path, span)) WITHOUT ROWID;
INSERT INTO sqlite_sequence (name, seq) SELECT 'message', {_FIRST_MSGID}
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message');
"""


class LedgerInUse(RuntimeError):
    """Another simulated platform works in this folder."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in, before anything was done with it."""

    at: float
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes


class Ledger:
    """The file, its transactions and the list of calls. It belongs to one event loop."""

    def __init__(self, path: Path) -> None:
        """Open the file and make what is missing.

        Raises: LedgerInUse.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=1.0)
        self._connection.row_factory = sqlite3.Row
        self._waiting: list[asyncio.Future[None]] = []
        try:
            # exclusive: a second simulator in this folder fails at its start, not in the middle of a test
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            # the operating system keeps what a killed process wrote; only a power cut would lose it
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.executescript(_SCHEMA)
        except sqlite3.OperationalError as trouble:
            self._connection.close()
            raise LedgerInUse(f"{path}: {trouble}") from trouble

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement in the open transaction."""
        return self._connection.execute(statement, values)

    def script(self, statements: str) -> None:
        """Make the tables that a part of the platform brings."""
        self._connection.executescript(statements)

    def one(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """Give the first row, or None."""
        # all rows are read: a statement left in the middle would stand in the way of the commit
        rows = self.all(statement, *values)
        return rows[0] if rows else None

    def all(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Give all rows."""
        return self._connection.execute(statement, values).fetchall()

    async def committed(self) -> None:
        """Wait until everything written so far is in the file.

        All requests that the loop handled in the same turn share one commit.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._commit)
        future = loop.create_future()
        self._waiting.append(future)
        await future

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._connection.commit()
        except sqlite3.Error as trouble:
            for future in waiting:
                if not future.done():
                    future.set_exception(trouble)
            return
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def remark(self, name: str) -> Any:
        """Give a remembered single value, or None."""
        row = self.one("SELECT value FROM remark WHERE name = ?", name)
        return None if row is None else orjson.loads(row["value"])

    def set_remark(self, name: str, value: Any) -> None:
        """Remember a single value."""
        self.execute("INSERT OR REPLACE INTO remark VALUES (?, ?)", name, orjson.dumps(value).decode())

    def record(
        self, received: Received, *, status: int | None, answer: dict[str, Any] | None, fault: str | None
    ) -> None:
        """Write a request down with what came of it, secrets and tokens masked.

        status: as the caller saw it, None when the connection was closed without a whole reply.
        answer: what the platform decided, also when a fault kept it from the caller; None: not processed.
        """
        self.execute(
            "INSERT INTO call (at, method, path, query, body, status, answer, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            received.at,
            received.method,
            received.path,
            orjson.dumps(_masked(received.query)).decode(),
            _masked_body(received.body),
            status,
            None if answer is None else orjson.dumps(_masked(answer)).decode(),
            fault,
        )

    def calls(self, *, path: str | None, limit: int, after: int | None) -> list[dict[str, Any]]:
        """List requests, oldest first: the first ones after an id, or without one the latest.

        path: exact; None means all.
        """
        where, values = ("path = ?", [path]) if path else ("1", [])
        if after is None:
            rows = self.all(f"SELECT * FROM call WHERE {where} ORDER BY id DESC LIMIT ?", *values, limit)[::-1]
        else:
            rows = self.all(f"SELECT * FROM call WHERE {where} AND id > ? ORDER BY id LIMIT ?", *values, after, limit)
        return [_shown_call(row) for row in rows]

    def count_calls(self, path: str | None) -> int:
        """Count the requests to a path, or all."""
        where, values = ("path = ?", [path]) if path else ("1", [])
        row = self.one(f"SELECT count(*) AS calls FROM call WHERE {where}", *values)
        return 0 if row is None else int(row["calls"])

    def close(self) -> None:
        """Commit and close the file."""
        self._commit()
        self._connection.close()


def _shown_call(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": shown(row["at"]),
        "method": row["method"],
        "path": row["path"],
        "query": orjson.loads(row["query"]),
        "body": _parsed(row["body"]),
        "status": row["status"],
        "answer": None if row["answer"] is None else orjson.loads(row["answer"]),
        "fault": row["fault"],
    }


def _masked(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "***" if name in _MASKED and value else value for name, value in values.items()}


def _masked_body(body: bytes) -> str:
    text = body[:KEPT_BODY_CHARACTERS].decode(errors="replace")
    if not any(f'"{name}"' in text for name in _MASKED):
        return text
    form = _parsed(text)
    # a body that names a secret and cannot be read is not kept at all
    return orjson.dumps(_masked(form)).decode() if isinstance(form, dict) else "***"


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text or None
