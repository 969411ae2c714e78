"""`hospital doctor`: looks at an installation and says in plain words what to mend."""

import asyncio
from collections.abc import Callable, Iterable

from redis.exceptions import RedisError

from notifications.channels import CHANNELS
from satisfaction.sealing import chain
from server import db
from server.carriers import half_set_up
from server.config import Settings, WrongSetting
from server.console import what_is_missing
from server.file_store import store_half_set_up
from server.runtime import running

POSTGRES_AT_LEAST = 150000
MOST_FINDINGS = 50


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
            findings += [("messages", text) for text in accounts_half_set_up(settings)]
            print("ways  " + ", ".join(name for name, channel in CHANNELS.items() if channel.is_set_up()))  # noqa: T201
            for missing in half_set_up(settings.aliyun_sms, settings.tencent_sms, settings.mail):
                findings.append(("messages", missing))
            findings += [("files", missing) for missing in store_half_set_up(settings.file_store)]
            if not settings.web.public_url:
                findings.append(("files", "PUBLIC_URL is empty: the platform checks no pictures, people look at each"))
        if not {"database", "migrations"} & {name for name, _ in findings}:
            async with running(settings, models=models):
                findings += [("staff", text) for text in await staff_missing()]
            findings += await time_lines(settings, models)
    except TimeoutError:
        findings.append(("database", "it does not answer within 20 seconds"))
    except OSError as error:
        findings.append(("database", f"cannot be reached: {error}"))
    return _report(findings)


async def time_lines(settings: Settings, models: Iterable[str]) -> list[tuple[str, str]]:
    """Look through the time lines of all complaints for what was tampered with, as long as that takes."""
    async with running(settings, models=models):
        found = await chain.verify()
        if newest := await chain.newest():
            print(f"time lines  anchored until {newest.day} (keep this elsewhere): {newest.hash}")  # noqa: T201
    more = [("time lines", f"and {len(found) - MOST_FINDINGS} more")] if len(found) > MOST_FINDINGS else []
    return [("time lines", finding) for finding in found[:MOST_FINDINGS]] + more


_STAFF = """
SELECT EXISTS (SELECT FROM staff s JOIN staff_role r ON r.staff_id = s.id
               WHERE s.active AND r.role = 'admin' AND r.department_id IS NULL) AS has_administrator,
       (SELECT count(DISTINCT s.id) FROM staff s JOIN staff_role r ON r.staff_id = s.id
        WHERE s.active AND r.role IN ('complaint_handler', 'supervisor') AND s.phone_cipher IS NULL
        AND coalesce(s.email, '') = '' AND coalesce(s.wecom_userid, '') = '') AS unreached
"""


async def staff_missing() -> list[str]:
    """Say whether somebody gives rights, and whether alerts reach those who take complaints."""
    row = await db.fetch_one(_STAFF)
    assert row is not None  # a row of expressions
    missing: list[str] = []
    if not row["has_administrator"]:
        missing.append("nobody gives rights: run `hospital administrator USERNAME`")
    if row["unreached"]:
        missing.append(
            f"{row['unreached']} of those who take complaints have no phone, mail or WeCom account: alerts reach them"
            " only on the live screen"
        )
    return missing


def accounts_half_set_up(settings: Settings) -> list[str]:
    """Say what is missing of an account of which something is set."""
    missing: list[str] = []
    if settings.official.app_id and not settings.official.template_ids:
        missing.append("WECHAT_OFFICIAL_TEMPLATE_IDS is empty: the official account sends nothing")
    wecom = settings.wecom
    app = {
        "WECOM_CORP_ID": wecom.corp_id,
        "WECOM_AGENT_ID": wecom.agent_id,
        "WECOM_APP_SECRET": wecom.app_secret,
    }
    empty = [name for name, value in app.items() if not value]
    if 0 < len(empty) < len(app):
        missing.append(f"{', '.join(empty)} is empty: the application of WeCom sends nothing")
    if settings.staff_services.urls:
        from apprise import Apprise  # large, and not loaded where no address is set

        for place, url in enumerate(settings.staff_services.urls, 1):
            if Apprise.instantiate(str(url)) is None:
                missing.append(f"STAFF_ALERT_URLS: address {place} is none that Apprise knows")
    return missing


def _report(findings: list[tuple[str, str]]) -> int:
    for name, text in findings:
        print(f"MEND  {name}: {text}")  # noqa: T201 - the answer of a command
    if not findings:
        print("All is well.")  # noqa: T201 - the answer of a command
    return 1 if findings else 0
