"""The people with their phones: who they are to this account, their login and phone codes, their session keys.

Source: wechat.md 1.3 to 1.5.
"""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from typing import Any

from infra.simulator.clock import Clock
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused, check_app
from infra.simulator.settings import SimulatorSettings
from infra.simulator.unions import unionid_of

CODE_LIFE_SECONDS = 300
LOGIN, PHONE = "login", "phone"
FLAGS = ("blocked", "main_switch")


class People:
    """Everybody who has a simulated phone."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._logins: dict[tuple[str, int], int] = {}  # (openid, minute) → calls, for jscode2session_limit

    def find(self, openid: Any) -> sqlite3.Row | None:
        """Give a person whose account is open."""
        if not isinstance(openid, str):
            return None
        return self._ledger.one("SELECT * FROM person WHERE openid = ? AND NOT closed", openid)

    def add(self, openid: str | None) -> tuple[str, bool]:
        """Make a person, or leave one as they are.

        Returns: the openid and whether the person is new.
        """
        openid = openid or f"oSim{secrets.token_urlsafe(18)}"
        now = self._clock.now()
        added = self._ledger.execute(
            "INSERT OR IGNORE INTO person (openid, session_key, phone, created_at) VALUES (?, ?, ?, ?)",
            openid,
            _session_key(),
            f"1{secrets.choice('3578')}0{secrets.randbelow(10**8):08}",
            now,
        )
        return openid, added.rowcount == 1

    def set_flag(self, openid: str, flag: str, value: bool) -> None:
        """Set `blocked` (high-risk user) or `main_switch` (takes subscribe messages at all)."""
        assert flag in FLAGS
        self._ledger.execute(f"UPDATE person SET {flag} = ? WHERE openid = ?", int(value), openid)

    def close(self, openid: str) -> None:
        """Close the person's account for good."""
        self._ledger.execute("UPDATE person SET closed = 1 WHERE openid = ?", openid)

    def issue_code(self, openid: str, kind: str) -> str:
        """Make a code as `wx.login` or the phone button would; a login is a visit and changes the session key."""
        now = self._clock.now()
        value = f"0{secrets.token_hex(15)}0" if kind == LOGIN else secrets.token_hex(32)
        self._ledger.execute(
            "INSERT INTO code (value, kind, openid, expires_at) VALUES (?, ?, ?, ?)",
            value,
            kind,
            openid,
            now + CODE_LIFE_SECONDS,
        )
        if kind == LOGIN:
            self._ledger.execute(
                "UPDATE person SET last_visit_at = ?, session_key = ? WHERE openid = ?", now, _session_key(), openid
            )
        return value

    def code_to_session(self, call: Call) -> dict[str, Any]:
        """Answer `GET /sns/jscode2session`: 40029, 40163, 40226, 45011 or who it is."""
        check_app(self._settings, call.query)
        if call.query.get("grant_type") != "authorization_code":
            raise Refused(40002)
        value = call.query.get("js_code")
        if not value:
            raise Refused(41008)
        code = self._ledger.one("SELECT * FROM code WHERE value = ? AND kind = ?", value, LOGIN)
        if code is None:
            raise Refused(40029)
        self._count_login(code["openid"])
        if code["used_at"] is not None:
            raise Refused(self._settings.used_code_errcode)
        person = self.find(code["openid"])
        if code["expires_at"] <= self._clock.now() or person is None:
            raise Refused(40029)
        if person["blocked"]:
            raise Refused(40226)
        self._use(value)
        return {
            "session_key": person["session_key"],
            "openid": person["openid"],
            "unionid": unionid_of(person["openid"]),
        }

    def check_session(self, call: Call) -> dict[str, Any]:
        """Answer `GET /wxa/checksession`: 40003, 87008, 87009 or ok."""
        person = self.find(call.query.get("openid"))
        if person is None:
            raise Refused(40003)
        if call.query.get("sig_method") != "hmac_sha256":
            raise Refused(87008)
        # the key is the base64 text itself, the message is empty
        expected = hmac.new(person["session_key"].encode(), b"", hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), call.query.get("signature", "").encode()):
            raise Refused(87009)
        return OK

    def phone_number(self, call: Call) -> dict[str, Any]:
        """Answer `POST /wxa/business/getuserphonenumber`: 40029 for a used, old, foreign or swapped code."""
        form = call.read()
        value = form.get("code")
        if not isinstance(value, str):
            raise Refused(40029)
        now = self._clock.now()
        code = self._ledger.one("SELECT * FROM code WHERE value = ? AND kind = ?", value, PHONE)
        if code is None or code["used_at"] is not None or code["expires_at"] <= now:
            raise Refused(40029)
        person = self.find(code["openid"])
        if person is None or form.get("openid", code["openid"]) != code["openid"]:
            raise Refused(40029)
        self._use(value)
        return OK | {
            "phone_info": {
                "phoneNumber": person["phone"],
                "purePhoneNumber": person["phone"],
                "countryCode": "86",
                "watermark": {"timestamp": int(now), "appid": self._settings.appid},
            }
        }

    def _use(self, value: str) -> None:
        self._ledger.execute("UPDATE code SET used_at = ? WHERE value = ?", self._clock.now(), value)

    def _count_login(self, openid: str) -> None:
        if not self._settings.jscode2session_limit:
            return
        minute = int(self._clock.now() // 60)
        self._logins = {key: used for key, used in self._logins.items() if key[1] == minute}
        used = self._logins[openid, minute] = self._logins.get((openid, minute), 0) + 1
        if used > self._settings.jscode2session_limit:
            raise Refused(45011)


def _session_key() -> str:
    return base64.b64encode(secrets.token_bytes(16)).decode()
