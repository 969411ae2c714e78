"""Applications of WeCom: a token for each secret, messages to members by user id. Source: wechat.md 6.4.

Who gets more than the member's limit never hears of the rest, and the sender is told «ok»: as on the real platform.
"""

import hashlib
import secrets
from typing import Any

import orjson

from infra.simulator.clock import DAY_SECONDS, Clock, day_of, shown
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused
from infra.simulator.settings import SimulatorSettings

TEXT_BYTES = 2048
RECIPIENTS = 1000
TOKEN_SECONDS = 7200
DUPLICATE_SECONDS = 1800
DUPLICATE_AT_MOST = 4 * 3600
MINUTE, HOUR = 60, 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS wecom_token (value TEXT PRIMARY KEY, valid_until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wecom_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, msgid TEXT NOT NULL, userid TEXT NOT NULL, at REAL NOT NULL,
  content TEXT NOT NULL, is_shown INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS wecom_message_userid ON wecom_message (userid, at);
CREATE TABLE IF NOT EXISTS wecom_request (digest TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""


class Apps:
    """The one application that is there, and what it has told to whom. Every user id but the named ones is a member."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        ledger.script(SCHEMA)

    def token(self, call: Call) -> dict[str, Any]:
        """Answer `GET /cgi-bin/gettoken`: 40013, 40001 or the token; the same one while it lives."""
        if call.query.get("corpid") != self._settings.corp_id:
            raise Refused(40013, "invalid corpid")
        if call.query.get("corpsecret") != self._settings.corp_secret:
            raise Refused(40001, "invalid credential")
        now = self._clock.now()
        row = self._ledger.one("SELECT value, valid_until FROM wecom_token WHERE valid_until > ?", now)
        if row is not None:
            return OK | {"access_token": row["value"], "expires_in": int(row["valid_until"] - now)}
        value = secrets.token_urlsafe(128)
        self._ledger.execute("INSERT INTO wecom_token VALUES (?, ?)", value, now + TOKEN_SECONDS)
        return OK | {"access_token": value, "expires_in": TOKEN_SECONDS}

    def expire_all(self) -> None:
        """End the life of every token at once."""
        self._ledger.execute("UPDATE wecom_token SET valid_until = ?", self._clock.now())

    def send(self, call: Call) -> dict[str, Any]:
        """Answer `POST /cgi-bin/message/send`: 41001, 40014, 42001, 60020, 40056, 40058, 45009, 81013, 82001 or ok."""
        self._check_token(call.query.get("access_token"))
        if self._settings.wecom_ip_unknown:
            raise Refused(60020, f"not allow to access from your ip, from ip: {call.ip}")
        form = call.read()
        if form.get("agentid") != self._settings.agent_id:
            raise Refused(40056, "invalid agentid")
        content, named = self._checked(form)
        strangers = [userid for userid in named if userid in self._settings.wecom_strangers]
        if strangers == named:
            raise Refused(81013, "user & party & tag all invalid")
        strangers += [userid for userid in named if userid in self._settings.wecom_out_of_reach]
        members = [userid for userid in named if userid not in strangers]
        if self._sent_today() + len(members) > self._settings.wecom_per_day:
            raise Refused(45009, "api freq out of limit")
        msgid = secrets.token_urlsafe(32)
        answer = OK | {"invaliduser": "|".join(strangers), "invalidparty": "", "invalidtag": "", "msgid": msgid}
        if self._is_duplicate(form):
            return answer
        for userid in members:
            self._tell(msgid, userid, content)
        return answer

    def messages(self, userid: str, *, limit: int = -1) -> list[dict[str, Any]]:
        """List what a member was shown, oldest first; with a limit the latest ones."""
        rows = self._ledger.all(
            "SELECT * FROM wecom_message WHERE userid = ? AND is_shown ORDER BY id DESC LIMIT ?", userid, limit
        )
        return [_shown(row) for row in reversed(rows)]

    def latest(self, limit: int) -> list[dict[str, Any]]:
        """List the latest messages to anybody, oldest first; what was dropped in silence says so."""
        rows = self._ledger.all("SELECT * FROM wecom_message ORDER BY id DESC LIMIT ?", limit)
        return [_shown(row) | {"userid": row["userid"], "is_shown": bool(row["is_shown"])} for row in reversed(rows)]

    def _check_token(self, value: str | None) -> None:
        if not value:
            raise Refused(41001)
        row = self._ledger.one("SELECT valid_until FROM wecom_token WHERE value = ?", value)
        if row is None:
            raise Refused(40014)
        if row["valid_until"] <= self._clock.now():
            raise Refused(42001)

    def _checked(self, form: dict[str, Any]) -> tuple[str, list[str]]:
        if form.get("msgtype") != "text":
            raise Refused(40008, "invalid message type")
        part = form.get("text")
        content = part.get("content") if isinstance(part, dict) else None
        if not isinstance(content, str) or not content or len(content.encode()) > TEXT_BYTES:
            raise Refused(40058, f"text.content missing or longer than {TEXT_BYTES} bytes")
        touser = form.get("touser")
        named = [userid for userid in touser.split("|") if userid] if isinstance(touser, str) else []
        if not named or len(named) > RECIPIENTS:
            raise Refused(82001, "no valid target")
        return content, named

    def _is_duplicate(self, form: dict[str, Any]) -> bool:
        if form.get("enable_duplicate_check") != 1:
            return False
        seconds = min(int(form.get("duplicate_check_interval", DUPLICATE_SECONDS)), DUPLICATE_AT_MOST)
        digest = hashlib.sha256(orjson.dumps(form, option=orjson.OPT_SORT_KEYS)).hexdigest()
        now = self._clock.now()
        seen = self._ledger.one("SELECT at FROM wecom_request WHERE digest = ?", digest)
        if seen is not None and now - seen["at"] < seconds:
            return True
        self._ledger.execute("INSERT OR REPLACE INTO wecom_request VALUES (?, ?)", digest, now)
        return False

    def _tell(self, msgid: str, userid: str, content: str) -> None:
        now = self._clock.now()
        counted = self._ledger.one(
            "SELECT count(*) FILTER (WHERE at > ?1) AS minute, count(*) AS hour FROM wecom_message "
            "WHERE userid = ?2 AND at > ?3",
            now - MINUTE,
            userid,
            now - HOUR,
        )
        assert counted is not None  # a count always gives a row
        is_shown = (
            counted["minute"] < self._settings.wecom_per_minute and counted["hour"] < self._settings.wecom_per_hour
        )
        self._ledger.execute(
            "INSERT INTO wecom_message (msgid, userid, at, content, is_shown) VALUES (?, ?, ?, ?, ?)",
            msgid,
            userid,
            now,
            content,
            int(is_shown),
        )

    def _sent_today(self) -> int:
        day_begins = day_of(self._clock.now()) * DAY_SECONDS - 8 * 3600
        row = self._ledger.one("SELECT count(*) AS sent FROM wecom_message WHERE at >= ?", day_begins)
        return 0 if row is None else int(row["sent"])


def _shown(row: Any) -> dict[str, Any]:
    return {"msgid": row["msgid"], "at": shown(row["at"]), "content": row["content"]}
