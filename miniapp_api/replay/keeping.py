"""The log's own keeping: each day is opened with what is shown beside the tickets; whole old days are forgotten."""

from datetime import date, timedelta

from miniapp_api.replay import models
from server import clock, db, live
from server.hospital import policy

KEPT_DAYS = "queue_log_days"  # the policy's name
KEPT_DAYS_DEFAULT = 400  # a year and the time that a complaint and its review may take
KEPT_DAYS_LEAST = 30
BATCH = 5000


async def open_days() -> None:
    """Write for each department what its boards show beside the tickets, once a day; later changes write themselves."""
    today = clock.today()
    for row in await db.fetch(models.UNOPENED, today):
        await db.fetch(models.OPEN_DAY, row["id"], today)
        live.nudge(live.queue_topic(row["id"]))


async def forget_old_days() -> int:
    """Delete the lines of whole days that are older than the hospital keeps them, in batches; give how many."""
    first_kept = await first_kept_day()
    count = 0
    for row in await db.fetch(models.OVERDUE, first_kept):
        while gone := await db.fetch(models.FORGET, row["department_id"], first_kept, row["keep_from"], BATCH):
            count += len(gone)
    return count


async def first_kept_day() -> date:
    """Give the first day whose lines stay; the policy `queue_log_days` says how many days are kept."""
    days = await policy(KEPT_DAYS, KEPT_DAYS_DEFAULT)
    return clock.today() - timedelta(days=max(KEPT_DAYS_LEAST, int(days)))
