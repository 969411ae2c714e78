"""WeCom group robots: one webhook, one key each. Source: wechat.md 6.4."""

import secrets
from typing import Any

import orjson

from infra.simulator.clock import Clock, shown
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused
from infra.simulator.settings import SimulatorSettings

TEXT_BYTES = 2048
MARKDOWN_BYTES = 4096
WINDOW_SECONDS = 60
_LIMITS = {"text": TEXT_BYTES, "markdown": MARKDOWN_BYTES, "markdown_v2": MARKDOWN_BYTES}


class Robots:
    """The robots that are there and what they have said in their groups."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings

    def send(self, call: Call) -> dict[str, Any]:
        """Answer `POST /cgi-bin/webhook/send`: 93000, 45009, 44002, 47001, 40008, 40058 or ok."""
        key = call.query.get("key", "")
        if key not in self._settings.robot_keys:
            raise self._refused(93000, "invalid webhook url", call)
        form = call.read()
        msgtype, content = self._content(form, call)
        now = self._clock.now()
        recent = self._ledger.one(
            "SELECT count(*) AS messages FROM robot_message WHERE robot = ? AND at > ?", key, now - WINDOW_SECONDS
        )
        if recent is not None and recent["messages"] >= self._settings.robot_per_minute:
            raise self._refused(45009, "api freq out of limit", call)
        self._ledger.execute(
            "INSERT INTO robot_message (robot, at, msgtype, content, body) VALUES (?, ?, ?, ?, ?)",
            key,
            now,
            msgtype,
            content,
            orjson.dumps(form).decode(),
        )
        return OK

    def messages(self, key: str, *, limit: int = -1) -> list[dict[str, Any]]:
        """List what a robot has said, oldest first; with a limit the latest ones."""
        rows = self._ledger.all("SELECT * FROM robot_message WHERE robot = ? ORDER BY id DESC LIMIT ?", key, limit)
        return [
            {
                "id": row["id"],
                "at": shown(row["at"]),
                "msgtype": row["msgtype"],
                "content": row["content"],
                "body": orjson.loads(row["body"]),
            }
            for row in reversed(rows)
        ]

    def is_known(self, key: str) -> bool:
        """Say whether there is such a robot."""
        return key in self._settings.robot_keys

    def _content(self, form: dict[str, Any], call: Call) -> tuple[str, str]:
        msgtype = form.get("msgtype")
        if not isinstance(msgtype, str) or msgtype not in _LIMITS:
            raise self._refused(40008, "invalid message type", call)
        part = form.get(msgtype)
        content = part.get("content") if isinstance(part, dict) else None
        if not isinstance(content, str) or not content:
            raise self._refused(40058, f"{msgtype}.content missing. invalid Request Parameter", call)
        if len(content.encode()) > _LIMITS[msgtype]:
            reason = f"{msgtype}.content exceed max length {_LIMITS[msgtype]}. invalid Request Parameter"
            raise self._refused(40058, reason, call)
        return msgtype, content

    def _refused(self, errcode: int, reason: str, call: Call) -> Refused:
        hint = f"{int(self._clock.now())}{secrets.randbelow(10**9):09}"
        more = f"more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
        return Refused(errcode, f"{reason}, hint: [{hint}], from ip: {call.ip}, {more}")
