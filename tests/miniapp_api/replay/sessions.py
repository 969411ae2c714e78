"""Sessions drawn as in the simulation of booking-queue.md 4.1: one doctor, four hours, close to full."""

from datetime import UTC, datetime, timedelta
from math import log, sqrt
from random import Random

from miniapp_api.queue.policies.basis import Claim
from miniapp_api.replay.reenacting import End, RoomDay, Stay, Visitor

MORNING = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)  # eight o'clock in the hospital
BANDS, BOOKED_EACH, BAND = 8, 4, timedelta(minutes=30)
WALK_INS = 6.3  # 18 % of the load
MEAN_MINUTES, SPREAD = 6.0, 0.7


def a_session(seed: int) -> tuple[list[Visitor], list[RoomDay]]:
    """Draw who comes in one session, and its room."""
    random = Random(seed)
    speed = max(0.5, random.gauss(1, 0.15))
    claims = []
    for band in range(BANDS):
        starts_at = MORNING + band * BAND
        for _ in range(BOOKED_EACH):
            if random.random() >= 0.1:
                came_at = max(starts_at + timedelta(minutes=random.gauss(-15, 18)), MORNING - timedelta(hours=1))
                claims.append(_claim(random, came_at, (starts_at, starts_at + BAND)))
    for _ in range(int(WALK_INS) + (random.random() < WALK_INS % 1)):
        claims.append(_claim(random, MORNING + random.random() * BANDS * BAND, None))
    claims.sort(key=lambda claim: claim.checked_in_at)
    visitors = [
        Visitor(str(number), number, claim, claim.checked_in_at, stays=_stays(random, speed))
        for number, claim in enumerate(claims, start=1)
    ]
    before = ((MORNING - timedelta(hours=2), MORNING),)
    return visitors, [RoomDay("1", shut=before)]


def _claim(random: Random, came_at: datetime, band: tuple[datetime, datetime] | None) -> Claim:
    return Claim(came_at, band, "priority" if random.random() < 0.12 else "normal")


def _stays(random: Random, speed: float) -> tuple[Stay, ...]:
    sigma = sqrt(log(1 + SPREAD**2))
    minutes = random.lognormvariate(log(MEAN_MINUTES) - sigma**2 / 2, sigma) * speed
    whole = timedelta(minutes=minutes)
    if random.random() < 0.25:
        gone = timedelta(minutes=random.uniform(25, 80))
        return Stay(whole, End.AWAY, gone), Stay(whole / 2, End.OVER)
    return (Stay(whole, End.OVER),)
