"""Looks at the clocks of complaints."""

import structlog

from satisfaction.complaints import ladder, models

log = structlog.get_logger("complaints")


async def watch() -> None:
    """Take every step of the ladder that is due, each once; give complaints without a handler to whoever is on duty."""
    for complaint_id in await models.due_ids():
        try:
            await ladder.look(complaint_id)
        except Exception:  # one bad complaint must not stop the clocks of the others; the next look tries again
            log.exception("look_failed", complaint=str(complaint_id))
