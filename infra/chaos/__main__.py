"""`python -m infra.chaos`: let everything fail and print the certificate; 1 when it does not hold."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import product

from infra.chaos.certificate import Trial, certificate
from infra.chaos.control import blind_retry
from infra.chaos.disturbing import DISTURBANCES, lost_commits
from infra.chaos.filling import OPENIDS, Cast, cast
from infra.chaos.killing import MODES, POINTS, SEEDS, kill
from infra.chaos.stage import Stage, stage

Play = Callable[[Stage, Cast], Awaitable[Trial]]


def _kill(point: str, mode: str, seed: int) -> Play:
    async def play(at: Stage, people: Cast) -> Trial:
        return await kill(at, people, point, mode, seed)

    return play


def _disturb(how: Callable[[Stage, Cast, int], Awaitable[Trial]], seed: int) -> Play:
    async def play(at: Stage, people: Cast) -> Trial:
        return await how(at, people, seed)

    return play


def kills(seeds: Sequence[int]) -> list[Play]:
    """Give every point, every mood of the provider, every seed."""
    return [_kill(point, mode, seed) for point, mode, seed in product(POINTS, MODES, seeds)]


def disturbances(seeds: Sequence[int]) -> list[Play]:
    """Give everything else that goes wrong."""
    return [_disturb(how, seed) for how, seed in product(DISTURBANCES, seeds)]


async def play_all(plays: Sequence[Play], *, stages: int, with_receipts: bool) -> list[Trial]:
    """Play everything, on some stages at a time; whoever is free takes the next."""
    left = list(reversed(plays))
    done: list[Trial] = []

    async def one() -> None:
        async with stage(OPENIDS, with_server=with_receipts) as at:
            people = await cast(at.database)
            while left:
                began = time.monotonic()
                trial = await left.pop()(at, people)
                done.append(trial)
                said = f"{trial.name}, {time.monotonic() - began:.1f} s{'' if trial.holds else '  !!'}"
                say(f"· {len(done)} of {len(plays)}: {said}")

    await asyncio.gather(*(one() for _ in range(stages)))
    return done


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials."""
    parser = argparse.ArgumentParser(prog="python -m infra.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few trials in less than a minute, without receipts")
    parser.add_argument("--stages", type=int, default=2, help="how many run beside each other")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="runs of each trial, with other dice")
    parser.add_argument("--only", choices=("kills", "disturbances"), help="only these")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    seeds = SEEDS[: options.seeds]
    plays = [*(kills(seeds) if options.only != "disturbances" else ())]
    plays += disturbances(seeds) if options.only != "kills" else ()
    plays += [_disturb(blind_retry, 1)]
    if options.quick:
        chosen = (("K3", "ok"), ("K5", "accept_then_drop"))
        plays = [*(_kill(*one, 1) for one in chosen), _disturb(lost_commits, 1), _disturb(blind_retry, 1)]
    trials = asyncio.run(play_all(plays, stages=options.stages, with_receipts=not options.quick))
    print(certificate(trials, time.monotonic() - began))
    return 0 if all(trial.holds for trial in trials) else 1


if __name__ == "__main__":
    sys.exit(main())
