"""How the hospital asks, as versions: the newest is in force, the others stay readable."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.surveys.inviting import SurveySetting
from server import db
from server.errors import SomeoneWasFaster

VERSION = "survey_setting_pkey"


async def in_force() -> SurveySetting:
    """Give the setting that is in force; as shipped when nobody has saved one."""
    row = await db.fetch_one("SELECT version, value FROM survey_setting ORDER BY version DESC LIMIT 1")
    return SurveySetting.of(orjson.loads(row["value"]), row["version"]) if row else SurveySetting()


@dataclass(frozen=True)
class SettingVersion:
    """A version as it was saved."""

    setting: SurveySetting
    at: datetime
    by_name: str
    why: str


async def history(limit: int = 20) -> list[SettingVersion]:
    """List the versions that were saved, the newest first."""
    rows = await db.fetch(
        "SELECT s.version, s.value, s.at, s.why, p.name FROM survey_setting s JOIN staff p ON p.id = s.by"
        " ORDER BY s.version DESC LIMIT $1",
        limit,
    )
    return [
        SettingVersion(SurveySetting.of(orjson.loads(row["value"]), row["version"]), row["at"], row["name"], row["why"])
        for row in rows
    ]


async def save(setting: SurveySetting, *, by: UUID, why: str) -> SurveySetting:
    """Save a new version over the one that `setting.version` names.

    Raises: SomeoneWasFaster when another version was saved meanwhile.
    """
    version = setting.version + 1
    latest = await in_force()
    if latest.version != setting.version:
        raise SomeoneWasFaster()
    try:
        await db.fetch(
            "INSERT INTO survey_setting (version, value, at, by, why) VALUES ($1, $2, app_now(), $3, $4)",
            version,
            orjson.dumps(setting.as_data()).decode(),
            by,
            why,
        )
    except IntegrityError as error:
        if db.violated(error) == VERSION:
            raise SomeoneWasFaster() from None
        raise
    return SurveySetting.of(setting.as_data(), version)
