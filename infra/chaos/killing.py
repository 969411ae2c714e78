"""Workers that die at each point, while the provider is in each mood, with other dice each time."""

import random
from dataclasses import replace

from infra.chaos.certificate import Trial
from infra.chaos.filling import Cast
from infra.chaos.guards import APART
from infra.chaos.healing import Round
from infra.chaos.ledger import ROBOT, SEND
from infra.chaos.stage import Stage
from infra.chaos.worker import KILLED, Quirks

POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8")
MODES = (
    "ok",
    "slow",
    "accept_then_drop",
    "drop",
    "half_body",
    "http_5xx_after_accept",
    "quota",
    "system_busy",
    "crash",
)
SEEDS = (1, 2, 3)
VISITS, ALERTS = 100, 4
SLOW_MS = 2400  # longer than the product waits for the platform here
CALLS = ("K4", "K5")
DIES_SECONDS, BOTH_SECONDS = 8.0, 0.3


async def kill(stage: Stage, cast: Cast, point: str, mode: str, seed: int) -> Trial:
    """Two workers work and die at a point; a healthy one finds what they leave."""
    dice = random.Random(f"{point} {mode} {seed}")
    here = Round(stage, cast)
    await stage.all_well()
    # where it is a call that is died at, the platform must not have ended by a call of the robot before
    for path in (SEND,) if mode == "crash" and point in CALLS else (SEND, ROBOT):
        await _break(stage, path, mode, dice)
    await here.fill(visits=VISITS, alerts=ALERTS)
    # K4 and K5 are counted by call, the others by batch
    nth = _nth(point, mode, dice)
    # K2 lies between the two steps of a batch that cannot be taken in one; so goes every other batch of its neighbours
    is_apart = point == "K2" or (point in ("K1", "K3") and dice.random() < 0.5)
    quirks = Quirks(kill_point=point, nth=nth, edits=(APART,) if is_apart else ())
    workers = [stage.worker(quirks), stage.worker(replace(quirks, nth=1))]
    await stage.first_ended(workers, DIES_SECONDS)
    await stage.ended(workers[1], BOTH_SECONDS)  # the one that found nothing left comes to no point
    for worker in workers:
        await stage.kill(worker)
    if all(worker.exitcode != KILLED for worker in workers):
        here.wrong.append(f"no worker came to {point}")
    if dice.random() < 0.5:  # else the mood lasts until it has struck as often as it will
        await stage.all_well()
    await here.heal()
    return await here.account(f"{point}, {mode}")


def _nth(point: str, mode: str, dice: random.Random) -> int:
    if point not in CALLS:
        return dice.randint(1, 2)
    # a provider in a bad mood is soon left alone: a later call might never be made
    return dice.randint(1, {"ok": VISITS // 2, "crash": 1}.get(mode, 2))


async def _break(stage: Stage, path: str, mode: str, dice: random.Random) -> None:
    if mode == "ok":
        return
    # a crash ends the platform and its faults with it; the robot has few calls
    count = 1 if mode == "crash" else dice.randint(3, 30) if path == SEND else dice.randint(1, 2)
    await stage.fault(path, mode, count=count, **({"delay_ms": SLOW_MS} if mode == "slow" else {}))
