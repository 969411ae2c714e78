"""Subscribe messages: what people tapped, the credits that gives, and the sending.

Source: wechat.md 2.1 to 2.5, 2.7 and 12.2.
"""

import re
from collections.abc import Iterable
from typing import Any

import orjson

from infra.simulator import events
from infra.simulator.clock import Clock, shown
from infra.simulator.fields import is_valid
from infra.simulator.ledger import Ledger
from infra.simulator.people import People
from infra.simulator.protocol import OK, Call, Held, Refused
from infra.simulator.push import Pushes
from infra.simulator.settings import SimulatorSettings
from infra.simulator.templates import BY_ID, TEMPLATES, Template

RESULTS = ("accept", "reject", "ban", "filter")
STATES = ("developer", "trial", "formal")
LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")
_PAGE = re.compile(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_\-]+)*")


class PopupFailed(Exception):
    """`wx.requestSubscribeMessage` fails on the phone; `code` is its errCode."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Subscriptions:
    """Consents, credits and delivered messages. The platform tells nobody how many credits are left."""

    def __init__(
        self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, people: People, pushes: Pushes
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._people = people
        self._pushes = pushes
        self._busy: set[str] = set()

    # --- the person's side

    def tap(self, openid: str, results: dict[str, str], *, always_keep: bool = False) -> dict[str, str]:
        """Let the person answer the pop-up for some templates.

        results: template id → accept, reject, ban or filter; only the first two are pushed.
        always_keep: ticks "always keep": from now on there is no pop-up (and, by the switch, no event), but each
            call still gives one credit.
        Returns: what `wx.requestSubscribeMessage` gives to the mini-program.
        Raises: PopupFailed.
        """
        self._check_popup(openid, results)
        told: dict[str, str] = {}
        for template_id, result in results.items():
            popup_shown = not self._is_kept(openid, template_id)
            if result in ("accept", "reject"):
                self._answer(openid, template_id, result, always_keep=always_keep)
                if popup_shown or self._settings.popup_event_when_always_keep:
                    told[template_id] = result
        if told:
            self._push(events.POPUP, openid, events.tapped(told))
        return {"errMsg": "requestSubscribeMessage:ok"} | results

    def reject_in_menu(self, openid: str, template_id: str) -> None:
        """Let the person switch a template off in the "..." menu of a message: its credits are gone."""
        if template_id not in BY_ID:
            raise PopupFailed(20001, "no such template")
        self._ledger.execute(
            "INSERT INTO consent (openid, template_id, status) VALUES (?, ?, 'reject') "
            "ON CONFLICT DO UPDATE SET credits = 0, status = 'reject', always_keep = 0",
            openid,
            template_id,
        )
        self._push(events.CHANGE, openid, events.rejected(template_id))

    def credits(self, openid: str) -> dict[str, int]:
        """Give the credits left per template; a person's secret, for the page and for tests."""
        rows = self._ledger.all("SELECT template_id, credits FROM consent WHERE openid = ?", openid)
        return {row["template_id"]: row["credits"] for row in rows}

    def messages(self, openid: str, *, limit: int = -1) -> list[dict[str, Any]]:
        """List what this person's phone has shown, oldest first; with a limit the latest ones."""
        rows = self._ledger.all("SELECT * FROM message WHERE openid = ? ORDER BY msgid DESC LIMIT ?", openid, limit)
        return [
            {
                "msgid": str(row["msgid"]),
                "template_id": row["template_id"],
                "title": BY_ID[row["template_id"]].title,
                "data": orjson.loads(row["data"]),
                "page": row["page"],
                "miniprogram_state": row["miniprogram_state"],
                "lang": row["lang"],
                "at": shown(row["at"]),
            }
            for row in reversed(rows)
        ]

    def ban(self, template_id: str, banned: bool) -> None:
        """Ban a template, or lift the ban."""
        statement = "INSERT OR IGNORE INTO ban VALUES (?)" if banned else "DELETE FROM ban WHERE template_id = ?"
        self._ledger.execute(statement, template_id)

    def banned(self) -> set[str]:
        """Give the ids of banned templates."""
        return {row["template_id"] for row in self._ledger.all("SELECT template_id FROM ban")}

    # --- the server's side

    def send(self, call: Call) -> Held:
        """Answer `POST /cgi-bin/message/subscribe/send`; once accepted, the openid is busy until `release`."""
        form = call.read()
        openid, template = self._addressee(form)
        if openid in self._busy:
            raise Refused(43108)
        if not self._settings.data_before_consent:
            self._check_consent(openid, template)
        data = self._checked_data(form.get("data"), template)
        page = self._checked_page(form.get("page"))
        state = _one_of(form.get("miniprogram_state"), STATES, "formal")
        language = _one_of(form.get("lang"), LANGUAGES, "zh_CN")
        self._check_words(item["value"] for item in data.values())
        self._check_consent(openid, template)
        self._busy.add(openid)
        return Held(self._accept(openid, template, data, page, (state, language)), openid)

    def release(self, openid: str) -> None:
        """End the time in which a send has its openid to itself."""
        self._busy.discard(openid)

    def list_templates(self, call: Call) -> dict[str, Any]:
        """Answer `GET /wxaapi/newtmpl/gettemplate`."""
        return OK | {"data": [_listed(template) for template in TEMPLATES.values()]}

    def _check_popup(self, openid: str, results: dict[str, str]) -> None:
        if not results:
            raise PopupFailed(10001, "no template")
        if len(results) > self._settings.tmplids_max:
            raise PopupFailed(20003, "too many templates")
        if any(template_id not in BY_ID for template_id in results):
            raise PopupFailed(20001, "no such template")
        person = self._people.find(openid)
        if person is None or not person["main_switch"]:
            raise PopupFailed(20004, "the main switch is off")

    def _is_kept(self, openid: str, template_id: str) -> bool:
        kept = self._ledger.one(
            "SELECT always_keep FROM consent WHERE openid = ? AND template_id = ?", openid, template_id
        )
        return kept is not None and bool(kept["always_keep"])

    def _answer(self, openid: str, template_id: str, result: str, *, always_keep: bool) -> None:
        self._ledger.execute(
            "INSERT INTO consent VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "credits = credits + excluded.credits, status = excluded.status, "
            "always_keep = max(always_keep, excluded.always_keep)",
            openid,
            template_id,
            int(result == "accept"),
            result,
            int(always_keep),
        )

    def _addressee(self, form: dict[str, Any]) -> tuple[str, Template]:
        if self._people.find(form.get("touser")) is None:
            raise Refused(40003)
        template_id = form.get("template_id")
        if not isinstance(template_id, str) or template_id not in BY_ID:
            raise Refused(40037)
        if self._ledger.one("SELECT 1 FROM ban WHERE template_id = ?", template_id) is not None:
            raise Refused(43107)
        return form["touser"], BY_ID[template_id]

    def _checked_data(self, data: Any, template: Template) -> dict[str, dict[str, str]]:
        if not isinstance(data, dict):
            # the platform reads text as if it were the object, and its message breaks off in the middle
            raise Refused(47003, f"argument invalid! data.{template.fields[0].key}.value i")
        checked: dict[str, dict[str, str]] = {}
        for field in template.fields:
            item = data.get(field.key)
            value = item.get("value") if isinstance(item, dict) else None
            if value is None or value == "":
                raise Refused(47003, f"argument invalid! data.{field.key}.value {self._settings.empty_value_text}")
            if not isinstance(value, str) or not is_valid(field.key, value, field.values):
                raise Refused(47003, f"argument invalid! data.{field.key}.value invalid")
            checked[field.key] = {"value": value}
        return checked

    def _checked_page(self, page: Any) -> str:
        if page is None or page == "":
            return ""
        if not isinstance(page, str):
            raise Refused(47001)
        if self._settings.check_page_on_send and not is_released(page.partition("?")[0], self._settings):
            raise Refused(41030)
        return page

    def _check_words(self, values: Iterable[str]) -> None:
        text = "\n".join(values)
        if any(word in text for word in self._settings.sensitive_words):
            raise Refused(45168)

    def _check_consent(self, openid: str, template: Template) -> None:
        person = self._people.find(openid)
        consent = self._ledger.one(
            "SELECT credits FROM consent WHERE openid = ? AND template_id = ?", openid, template.template_id
        )
        if person is None or not person["main_switch"] or consent is None or consent["credits"] < 1:
            raise Refused(43101)

    def _accept(
        self, openid: str, template: Template, data: dict[str, Any], page: str, shown_as: tuple[str, str]
    ) -> dict[str, Any]:
        self._ledger.execute(
            "UPDATE consent SET credits = credits - 1 WHERE openid = ? AND template_id = ?",
            openid,
            template.template_id,
        )
        written = self._ledger.execute(
            "INSERT INTO message (openid, template_id, data, page, miniprogram_state, lang, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            openid,
            template.template_id,
            orjson.dumps(data).decode(),
            page,
            *shown_as,
            self._clock.now(),
        )
        msgid = written.lastrowid or 0
        items = events.sent(template.template_id, msgid)
        self._push(events.SENT, openid, items, delay_ms=self._settings.sent_event_delay_ms)
        return OK | ({"msgid": msgid} if self._settings.send_returns_msgid else {})

    def _push(self, event: str, openid: str, items: list[dict[str, str]], *, delay_ms: int = 0) -> None:
        now = self._clock.now()
        message = events.subscribe_event(self._settings, event, openid=openid, at=now, items=items)
        self._pushes.send(event, openid, message, delay_ms=delay_ms)


def is_released(page: str, settings: SimulatorSettings) -> bool:
    """Say whether the mini-program has such a page; without a list of pages every well-formed one."""
    return page in settings.released_pages if settings.released_pages else _PAGE.fullmatch(page) is not None


def _one_of(value: Any, allowed: tuple[str, ...], default: str) -> str:
    if value is None or value == "":
        return default
    if value not in allowed:
        raise Refused(40097)
    return str(value)


def _listed(template: Template) -> dict[str, Any]:
    enums = [
        {"keywordCode": field.key, "enumValueList": list(field.values)} for field in template.fields if field.values
    ]
    listed = {
        "priTmplId": template.template_id,
        "title": template.title,
        "content": template.content,
        "example": "".join(f"{field.label}:示例\n" for field in template.fields),
        "type": template.type,
    }
    return listed | ({"keywordEnumValueList": enums} if enums else {})
