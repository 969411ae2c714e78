"""`hospital doctor`: looks at an installation and says in plain words what to mend."""

import asyncio
from collections.abc import Callable, Iterable

from redis.exceptions import RedisError

from server import db
from server.config import Settings, WrongSetting
from server.console import what_is_missing
from server.runtime import running

POSTGRES_AT_LEAST = 150000


async def examine(load: Callable[[], Settings], models: Iterable[str]) -> int:
    """Check settings, database, migrations, Redis, workers and the platform; 0 when all is well, else 1."""
    try:
        settings = load()
    except WrongSetting as error:
        return _report([("settings", str(error))])
    findings: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(20), running(settings, models=models) as opened:
            row = await db.fetch_one("SELECT current_setting('server_version_num')::int AS version")
            if row and row["version"] < POSTGRES_AT_LEAST:
                findings.append(("database", "PostgreSQL 15 or newer is needed"))
            from server.app import MIGRATIONS

            texts = {
                "database": "tables are missing: run `hospital migrate`",
                "migrations": "the database is older than this release: run `hospital migrate`",
                "workers": "no worker has been seen for 20 seconds: start `hospital worker`",
                "redis": f"Redis does not answer at {settings.redis_url}; the product works, but later",
            }
            findings += [(name, texts[name]) for name in await what_is_missing(MIGRATIONS)]
            try:
                version = (await opened.redis.info("server"))["redis_version"]
                if int(version.split(".")[0]) < 6:
                    findings.append(("redis", f"Redis {version} is too old, 6.2 or newer is needed"))
            except (RedisError, OSError):
                pass  # named above
            if not settings.wechat.template_ids:
                findings.append(("messages", "WECHAT_TEMPLATE_IDS is empty: patients get only their inbox"))
            if not settings.wecom.robot_key:
                findings.append(("messages", "WECOM_ROBOT_KEY is empty: alerts reach staff only on the live screen"))
    except TimeoutError:
        findings.append(("database", "it does not answer within 20 seconds"))
    except OSError as error:
        findings.append(("database", f"cannot be reached: {error}"))
    return _report(findings)


def _report(findings: list[tuple[str, str]]) -> int:
    for name, text in findings:
        print(f"MEND  {name}: {text}")  # noqa: T201 - the answer of a command
    if not findings:
        print("All is well.")  # noqa: T201 - the answer of a command
    return 1 if findings else 0
