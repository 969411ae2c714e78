"""Access tokens: two independent families, their grace times and forced refreshes. Source: wechat.md 1.1, 1.2."""

import secrets
from typing import Any

from infra.simulator.clock import Clock, day_of
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import Call, Refused, check_app
from infra.simulator.settings import SimulatorSettings

LIFE_SECONDS = 7200
GRACE_SECONDS = 300  # in which the old and the new token both work
FORCED_APART_SECONDS = 30
FORCED_PER_DAY = 20
PLAIN, STABLE, OFFICIAL = "plain", "stable", "official"
MINI = (PLAIN, STABLE)
_TOKEN_CHARACTERS = range(64, 513)


class Tokens:
    """All tokens the platform has given out."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings

    def check(self, value: str | None, families: tuple[str, ...] = MINI) -> None:
        """Refuse a call without a valid token of its account: 41001, 40014, 40001, 42001."""
        if not value:
            raise Refused(41001)
        if len(value) not in _TOKEN_CHARACTERS:
            raise Refused(40014)
        row = self._ledger.one("SELECT valid_until, superseded, family FROM token WHERE value = ?", value)
        if row is None or row["family"] not in families:
            raise Refused(40001)
        if row["valid_until"] <= self._clock.now():
            raise Refused(40001 if row["superseded"] else 42001)

    def plain(self, call: Call) -> dict[str, Any]:
        """Answer `GET /cgi-bin/token`: each call makes a new token, the old one lives five minutes more."""
        _check_grant(call.query)
        check_app(self._settings, call.query)
        now = self._clock.now()
        self._supersede(PLAIN, until=now + GRACE_SECONDS)
        return {"access_token": self._issue(PLAIN), "expires_in": LIFE_SECONDS}

    def stable(self, call: Call) -> dict[str, Any]:
        """Answer `POST /cgi-bin/stable_token`: the same token while it has more than five minutes to live."""
        form = call.read()
        _check_grant(form)
        family = self._family(form)
        now = self._clock.now()
        current = self._ledger.one(
            "SELECT value, valid_until FROM token WHERE family = ? AND NOT superseded AND valid_until > ?", family, now
        )
        if form.get("force_refresh") is True and self._may_force(family, now):
            self._supersede(family, until=now)
            return {"access_token": self._issue(family, forced=True), "expires_in": LIFE_SECONDS}
        if current is not None and current["valid_until"] - now > GRACE_SECONDS:
            return {"access_token": current["value"], "expires_in": int(current["valid_until"] - now)}
        self._supersede(family, until=now + GRACE_SECONDS)
        return {"access_token": self._issue(family), "expires_in": LIFE_SECONDS}

    def expire_all(self) -> int:
        """End the life of every token at once; give how many were alive."""
        now = self._clock.now()
        return self._ledger.execute("UPDATE token SET valid_until = ? WHERE valid_until > ?", now, now).rowcount

    def _family(self, form: dict[str, Any]) -> str:
        """Tell whose token is asked for: the mini-app's or the official account's."""
        if form.get("appid") != self._settings.official_appid:
            check_app(self._settings, form)
            return STABLE
        if form.get("secret") != self._settings.official_secret:
            raise Refused(40125)
        return OFFICIAL

    def _may_force(self, family: str, now: float) -> bool:
        forced = self._ledger.all(
            "SELECT issued_at FROM token WHERE family = ? AND forced ORDER BY issued_at DESC LIMIT ?",
            family,
            FORCED_PER_DAY,
        )
        if forced and now - forced[0]["issued_at"] < FORCED_APART_SECONDS:
            return False  # too soon: the platform answers with the token that is there
        if sum(day_of(row["issued_at"]) == day_of(now) for row in forced) >= FORCED_PER_DAY:
            raise Refused(45009)
        return True

    def _supersede(self, family: str, *, until: float) -> None:
        self._ledger.execute(
            "UPDATE token SET superseded = 1, valid_until = ? WHERE family = ? AND NOT superseded AND valid_until > ?",
            until,
            family,
            self._clock.now(),
        )
        if until <= self._clock.now():
            # a forced refresh spares nobody: tokens in their grace time end as well
            self._ledger.execute(
                "UPDATE token SET valid_until = ? WHERE family = ? AND valid_until > ?", until, family, until
            )

    def _issue(self, family: str, *, forced: bool = False) -> str:
        value = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}"
        now = self._clock.now()
        self._ledger.execute(
            "INSERT INTO token (value, family, issued_at, valid_until, forced) VALUES (?, ?, ?, ?, ?)",
            value,
            family,
            now,
            now + LIFE_SECONDS,
            int(forced),
        )
        return value


def _check_grant(given: Any) -> None:
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
