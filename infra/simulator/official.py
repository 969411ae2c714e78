"""The hospital's official account: who follows it, template messages to them, their receipts. Source: wechat.md 6.1."""

import unicodedata
from typing import Any

import orjson

from infra.simulator.clock import Clock, shown
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused
from infra.simulator.push import Pushes
from infra.simulator.settings import SimulatorSettings
from infra.simulator.templates import TEMPLATES, Template
from infra.simulator.unions import official_openid_of, unionid_of

REMEMBERED_SECONDS = 600  # a second send with the same client_msg_id within it is the first
VALUE_CHARACTERS = 20
ASKED_AT_ONCE = 100
CLIENT_MSG_ID_CHARACTERS = 32
SUCCESS, BLOCKED = "success", "failed:user block"

# an account of its own has templates of its own: other ids for the same titles
OFFICIAL_TEMPLATE_IDS: dict[str, str] = {key: template.template_id[::-1] for key, template in TEMPLATES.items()}
_BY_ID: dict[str, Template] = {OFFICIAL_TEMPLATE_IDS[key]: template for key, template in TEMPLATES.items()}

SCHEMA = """
CREATE TABLE IF NOT EXISTS follower (
  openid TEXT PRIMARY KEY, unionid TEXT NOT NULL, is_following INTEGER NOT NULL DEFAULT 1,
  is_blocking INTEGER NOT NULL DEFAULT 0, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS official_message (
  msgid INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, template_id TEXT NOT NULL, data TEXT NOT NULL,
  pagepath TEXT NOT NULL, client_msg_id TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS official_message_openid ON official_message (openid, client_msg_id);
"""


class Official:
    """The official account."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, pushes: Pushes) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._pushes = pushes
        ledger.script(SCHEMA)

    # --- the person's side

    def follow(self, openid: str) -> dict[str, str]:
        """Let the person whom the mini-app knows by `openid` follow the account; give both ids."""
        official, unionid = official_openid_of(openid), unionid_of(openid)
        self._ledger.execute(
            "INSERT INTO follower (openid, unionid, at) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET is_following = 1, is_blocking = 0",
            official,
            unionid,
            self._clock.now(),
        )
        self._push("subscribe", official, {"EventKey": ""})
        return {"official_openid": official, "unionid": unionid}

    def unfollow(self, openid: str) -> None:
        """Let the person leave."""
        official = official_openid_of(openid)
        if self._ledger.execute("UPDATE follower SET is_following = 0 WHERE openid = ?", official).rowcount:
            self._push("unsubscribe", official, {"EventKey": ""})

    def block(self, official: str, blocks: bool) -> None:
        """Let a follower take no messages, without leaving."""
        self._ledger.execute("UPDATE follower SET is_blocking = ? WHERE openid = ?", int(blocks), official)

    def is_known(self, official: str) -> bool:
        """Say whether this person has ever followed."""
        return self._ledger.one("SELECT 1 FROM follower WHERE openid = ?", official) is not None

    def messages(self, official: str | None, *, limit: int = -1) -> list[dict[str, Any]]:
        """List what a follower was shown, or anybody, oldest first; with a limit the latest ones."""
        rows = self._ledger.all(
            "SELECT * FROM official_message WHERE (?1 IS NULL OR openid = ?1) AND status = ?2 "
            "ORDER BY msgid DESC LIMIT ?3",
            official,
            SUCCESS,
            limit,
        )
        return [_shown(row) for row in reversed(rows)]

    # --- the server's side

    def send(self, call: Call) -> dict[str, Any]:
        """Answer `POST /cgi-bin/message/template/send`: 40003, 43004, 40037, 47003, 40097 or ok."""
        form = call.read()
        openid = form.get("touser")
        follower = self._ledger.one("SELECT * FROM follower WHERE openid = ?", openid)
        if follower is None:
            raise Refused(40003)
        if not follower["is_following"]:
            raise Refused(43004, "require subscribe")
        template = _BY_ID.get(str(form.get("template_id")))
        if template is None:
            raise Refused(40037)
        data = _checked(form.get("data"), template)
        client_msg_id = str(form.get("client_msg_id") or "")
        if len(client_msg_id) > CLIENT_MSG_ID_CHARACTERS:
            raise Refused(40097)
        if client_msg_id and (earlier := self._earlier(follower["openid"], client_msg_id)) is not None:
            return OK | {"msgid": earlier}
        pagepath = (form.get("miniprogram") or {}).get("pagepath") or ""
        return OK | {"msgid": self._accept(follower, form["template_id"], data, (pagepath, client_msg_id))}

    def who_follows(self, call: Call) -> dict[str, Any]:
        """Answer `POST /cgi-bin/user/info/batchget`: 40032, 40003, or who they are; of who has left only that."""
        wanted = call.read().get("user_list")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= ASKED_AT_ONCE:
            raise Refused(40032, "invalid openid list size")
        told: list[dict[str, Any]] = []
        for one in wanted:
            row = self._ledger.one("SELECT * FROM follower WHERE openid = ?", one.get("openid"))
            if row is None:
                raise Refused(40003)
            known = {"language": "zh_CN", "unionid": row["unionid"]} if row["is_following"] else {}
            told.append({"subscribe": row["is_following"], "openid": row["openid"]} | known)
        return {"user_info_list": told}

    def _earlier(self, openid: str, client_msg_id: str) -> int | None:
        row = self._ledger.one(
            "SELECT msgid FROM official_message WHERE openid = ? AND client_msg_id = ? AND at > ?",
            openid,
            client_msg_id,
            self._clock.now() - REMEMBERED_SECONDS,
        )
        return None if row is None else int(row["msgid"])

    def _accept(self, follower: Any, template_id: str, data: dict[str, str], more: tuple[str, str]) -> int:
        status = BLOCKED if follower["is_blocking"] else SUCCESS
        written = self._ledger.execute(
            "INSERT INTO official_message (openid, template_id, data, pagepath, client_msg_id, at, status) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            follower["openid"],
            template_id,
            orjson.dumps(data).decode(),
            *more,
            self._clock.now(),
            status,
        )
        msgid = written.lastrowid or 0
        self._push("TEMPLATESENDJOBFINISH", follower["openid"], {"MsgID": str(msgid), "Status": status})
        return msgid

    def _push(self, event: str, openid: str, more: dict[str, str]) -> None:
        message = {
            "ToUserName": self._settings.official_original_id,
            "FromUserName": openid,
            "CreateTime": int(self._clock.now()),
            "MsgType": "event",
            "Event": event,
        }
        self._pushes.send(event, openid, message | more, delay_ms=self._settings.sent_event_delay_ms)


def _checked(data: Any, template: Template) -> dict[str, str]:
    """Give the values as the phone shows them: what the rules of 2023 forbid is left out without a word."""
    if not isinstance(data, dict):
        raise Refused(47003)
    shown_values: dict[str, str] = {}
    for field in template.fields:
        item = data.get(field.key)
        value = item.get("value") if isinstance(item, dict) else None
        if not isinstance(value, str) or not value:
            raise Refused(47003, f"argument invalid! data.{field.key}.value is empty")
        kept = "".join(sign for sign in value if unicodedata.category(sign) not in ("Cc", "So", "Cs"))
        shown_values[field.key] = kept[:VALUE_CHARACTERS]
    return shown_values


def _shown(row: Any) -> dict[str, Any]:
    template, data = _BY_ID[row["template_id"]], orjson.loads(row["data"])
    return {
        "msgid": str(row["msgid"]),
        "openid": row["openid"],
        "title": template.title,
        "lines": [{"label": field.label, "value": data[field.key]} for field in template.fields],
        "data": data,
        "pagepath": row["pagepath"],
        "client_msg_id": row["client_msg_id"],
        "at": shown(row["at"]),
    }
