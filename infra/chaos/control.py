"""Trials that must fail: with a guard taken out the certificate may not hold, or it would be no certificate."""

from infra.chaos.certificate import Trial
from infra.chaos.filling import Cast
from infra.chaos.guards import PIECES
from infra.chaos.healing import Round
from infra.chaos.stage import Stage
from infra.chaos.worker import KILLED, Quirks
from notifications.machine import Guard

ALERTS = 6
DIES_SECONDS = 8.0
# A subscribe message has a third lock: no consent can be spent twice. So this is about the staff's chat, where only the
# outbox stands between a dead worker and a second message.
NEVER_AGAIN = """
UPDATE message SET class = 'follow_up' WHERE id IN (SELECT message_id FROM delivery WHERE id = ANY($1))
"""


async def blind_retry(stage: Stage, cast: Cast, seed: int) -> Trial:
    """What left without an answer is sent again as if it had not left. Holds when that was noticed."""
    here = Round(stage, cast)
    await stage.all_well()
    await here.fill(visits=0, alerts=ALERTS)
    await stage.database.execute(NEVER_AGAIN, here.deliveries)
    worker = stage.worker(Quirks(kill_point="K6"))  # the provider has taken some, and nobody wrote it down
    if await stage.ended(worker, DIES_SECONDS) != KILLED:
        return Trial("control: without «not_begun»", wrong=("no worker came to K6",))
    await here.heal(Quirks(edits=PIECES[Guard.NOT_BEGUN]))
    found = await here.account("blind retry")
    wrong = () if found.doubled else (f"{found.accepted} taken of {found.deliveries}, and nobody noticed",)
    return Trial(f"control: without «not_begun» {found.doubled} are doubled, and it is noticed", wrong=wrong)
