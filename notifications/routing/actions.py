"""An administrator looks at routes and settings, saves new versions, and sees what a change would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import orjson
from tortoise.exceptions import IntegrityError

from notifications.channels import CHANNELS
from notifications.channels.content import Recipient
from notifications.notices.notice import BULK, NEAR, URGENT, Notice
from notifications.routing.limits import SETTINGS, Settings, leaving
from notifications.routing.plan import PlannedWay, planned_ways
from notifications.routing.reading import Situation, load_of, purpose_of
from notifications.routing.rules import DIGEST, GROUPS, ROUTES, Chain, as_data
from notifications.rules import MessageClass, Purpose
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import NotFound, Stale
from server.ids import new_id

HISTORY = 10
SAMPLE_FIELDS = {"thing1": "-"}

# of the latest version of each name
LATEST = """
SELECT DISTINCT ON (t.name) t.name, t.version, t.{column} AS value, t.at, s.name AS author
FROM {table} t LEFT JOIN staff s ON s.id = t.author_id ORDER BY t.name, t.version DESC
"""
SAVE = """
INSERT INTO {table} (id, name, version, {column}, author_id, at)
SELECT $1, $2, $3, $4, $5, app_now()
WHERE (SELECT coalesce(max(version), 0) FROM {table} WHERE name = $2) = $3 - 1
RETURNING version
"""
ROUTE, SETTING = {"table": "route", "column": "chain"}, {"table": "routing_setting", "column": "value"}


@dataclass(frozen=True)
class Kept:
    """One route or setting as it is in force. version: 0 is what ships with the product."""

    name: str
    version: int
    value: Any
    at: datetime | None = None
    author: str | None = None


async def routes() -> list[Kept]:
    """List every route, as it is in force."""
    return await _kept(ROUTE, {name: as_data(chain) for name, chain in ROUTES.items()})


async def settings() -> dict[str, Kept]:
    """Give every setting, as it is in force."""
    return {one.name: one for one in await _kept(SETTING, SETTINGS)}


async def save_route(staff: SignedInStaff, name: str, chain: Chain, *, version: int) -> None:
    """Add a version of a route. version: the one that was seen.

    Raises: NotFound for a route that there is not, Stale.
    """
    if name not in ROUTES:
        raise NotFound()
    await _save(staff, ROUTE, name, as_data(chain), version=version)


async def save_setting(staff: SignedInStaff, name: str, value: Mapping[str, Any], *, version: int) -> None:
    """Add a version of a setting. version: the one that was seen.

    Raises: Stale.
    """
    await _save(staff, SETTING, name, value, version=version)


async def history(name: str) -> list[Kept]:
    """List the latest versions of a route or setting, newest first."""
    rows = await db.fetch(
        "SELECT t.version, t.value, t.at, s.name AS author FROM ("
        "  SELECT name, version, chain AS value, at, author_id FROM route"
        "  UNION ALL SELECT name, version, value, at, author_id FROM routing_setting"
        ") t LEFT JOIN staff s ON s.id = t.author_id WHERE t.name = $1 ORDER BY t.version DESC LIMIT $2",
        name,
        HISTORY,
    )
    return [Kept(name, row["version"], orjson.loads(row["value"]), row["at"], row["author"]) for row in rows]


async def _kept(where: Mapping[str, str], shipped: Mapping[str, Any]) -> list[Kept]:
    rows = {row["name"]: row for row in await db.fetch(LATEST.format(**where))}
    found = []
    for name, value in shipped.items():
        row = rows.get(name)
        found.append(
            Kept(name, row["version"], orjson.loads(row["value"]), row["at"], row["author"])
            if row
            else Kept(name, 0, value)
        )
    return found


async def _save(staff: SignedInStaff, where: Mapping[str, str], name: str, value: Any, *, version: int) -> None:
    try:
        async with db.transaction():
            saved = await db.fetch_one(
                SAVE.format(**where), new_id(), name, version + 1, orjson.dumps(value).decode(), staff.id
            )
    except IntegrityError:  # somebody saved at the same moment
        saved = None
    if saved is None:
        latest = {one.name: one for one in (await routes() if where is ROUTE else (await settings()).values())}[name]
        raise Stale(resource={"name": name, "version": latest.version, "value": latest.value})


# --- what a change would do ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """Somebody made up. reach: `wechat_subscribe`, `wechat_official`, `phone`, `email`, `wecom`; at: time of day."""

    reach: frozenset[str]
    at: time


_SAMPLES: Mapping[str, tuple[MessageClass, int, Purpose]] = {
    "visit": (MessageClass.VISIT, NEAR, Purpose.SERVICE),
    "visit_urgent": (MessageClass.VISIT, URGENT, Purpose.SERVICE),
    "follow_up": (MessageClass.FOLLOW_UP, NEAR, Purpose.CLINICAL),
    "news": (MessageClass.FOLLOW_UP, NEAR, Purpose.SERVICE),
    "complaint_reminder": (MessageClass.FOLLOW_UP, NEAR, Purpose.SERVICE),
    "survey": (MessageClass.SURVEY, BULK, Purpose.SATISFACTION),
    "survey_reminder": (MessageClass.SURVEY, BULK, Purpose.SATISFACTION),
    "alert": (MessageClass.ALERT, URGENT, Purpose.STAFF),
    "alert_low": (MessageClass.ALERT, BULK, Purpose.STAFF),
    "alert_chat": (MessageClass.ALERT, URGENT, Purpose.STAFF),
    "digest": (MessageClass.ALERT, NEAR, Purpose.STAFF),
}
STAFF_ROUTES = frozenset(name for name, (kind, _, _) in _SAMPLES.items() if kind is MessageClass.ALERT)


async def preview(name: str, chain: Chain, sample: Sample, *, draft: Mapping[str, Any]) -> Sequence[PlannedWay]:
    """Tell what somebody made up would get by a chain. draft: settings to try, over those in force.

    Nobody real is looked at, so there is nothing said before and no place is taken.
    Raises: NotFound for a route that there is not.
    """
    if name not in _SAMPLES:
        raise NotFound()
    changed = {one.name: one.value for one in (await settings()).values()} | dict(draft)
    at = clock.at(clock.today() + timedelta(days=1), sample.at.hour, sample.at.minute)
    notice = _sample_notice(name, at)
    situation = Situation(
        at=at,
        recipient=_somebody(name, sample.reach),
        purpose=purpose_of(notice),
        route=f"{name}:draft",
        chain=chain,
        settings=Settings.of(changed),
        unwanted=frozenset(),
        unhealthy=frozenset(),
        is_withdrawn=False,
    )
    may = leaving(load_of(notice), situation.settings, at=at)
    seen = {"is_duplicate": False, "moment": may.moments[0] if may.moments else None}
    return planned_ways(notice, situation, may, at=at, seen=seen)


def _sample_notice(name: str, at: datetime) -> Notice:
    kind, priority, purpose = _SAMPLES[name]
    deadline = at + (timedelta(hours=1) if priority == URGENT else timedelta(days=5))
    return Notice(
        event="sample",
        key="sample",
        kind=kind,
        subject_kind="sample",
        subject_id=new_id(),
        title="-",
        lines=(),
        deadline=deadline,
        priority=priority,
        template_key="appointment_reminder",
        fields=SAMPLE_FIELDS,
        purpose=purpose,
    )


def _somebody(name: str, reach: frozenset[str]) -> Recipient:
    has_phone, has_email = "phone" in reach, "email" in reach
    if name in STAFF_ROUTES:
        staff_id = None if name == "alert_chat" else new_id()
        wecom_userid = "sample" if "wecom" in reach else ""
        return Recipient(staff_id=staff_id, wecom_userid=wecom_userid, has_phone=has_phone, has_email=has_email)
    return Recipient(
        account_id=new_id(),
        patient_id=new_id(),
        openid="sample" if "wechat_subscribe" in reach else "",
        official_openid="sample" if "wechat_official" in reach else "",
        has_phone=has_phone,
        has_email=has_email,
    )


def known_channels() -> list[tuple[str, bool]]:
    """List the channels and groups that a chain may name: name, and whether this installation has it."""
    grouped = {member for members in GROUPS.values() for member in members}
    single = [(name, channel.is_set_up()) for name, channel in CHANNELS.items() if name not in grouped]
    groups = [
        (name, any(member in CHANNELS and CHANNELS[member].is_set_up() for member in members))
        for name, members in GROUPS.items()
    ]
    grouped_single = [(name, CHANNELS[name].is_set_up()) for name in sorted(grouped) if name in CHANNELS]
    return [*(one for one in single if one[0] != "webhook"), *groups, *grouped_single, (DIGEST, True)]
