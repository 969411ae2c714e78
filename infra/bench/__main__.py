"""`python -m infra.bench`: measure in interleaved turns, print the table, say which targets are met."""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Container, Sequence
from dataclasses import replace

from infra.bench import searching, streams
from infra.bench.arithmetic import Turn, percentile
from infra.bench.crowd import gather_crowd
from infra.bench.figures import COUNTED_REQUESTS, Figures, Size, contests, targets
from infra.bench.measuring import SECTIONS, Bench, say
from infra.bench.release import PLACES
from infra.bench.stage import SERVERS, Stage, StageBroken, stage
from infra.bench.table import HEAD, alone, row, verdict
from infra.bench.visiting import Day
from infra.local.problems import CannotStart
from infra.past import make_history

FULL = Size(
    rounds=5,
    seconds=2.5,
    people=120_000,
    past=5_000_000,
    deliveries=3_000,
    delivery_rounds=3,
    hot_rounds=3,
    rush=5_000,
    searches=600,
    bursts=30,
    visits=20_000,
    hub_deliveries=20_000,
    answers=1_000_000,
    cases=50_000,
)
QUICK = Size(
    rounds=2,
    seconds=0.8,
    people=24_000,
    past=50_000,
    deliveries=800,
    delivery_rounds=1,
    hot_rounds=1,
    rush=1_500,
    searches=100,
    bursts=8,
    visits=1_000,
    hub_deliveries=6_000,
    answers=50_000,
    cases=2_000,
)


def report(figures: Figures, size: Size, seconds: float) -> str:
    """Write everything down as Markdown and plain lines."""
    lines = [
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {SERVERS} server process and PostgreSQL"
        f" with fsync on the same machine;"
        f" {size.rounds} rounds of {size.seconds:g} s a turn; {seconds:.0f} s in all",
        figures.past,
        "",
        HEAD,
        *(row(contest) for contest in contests(figures) if contest.turns),
    ]
    if figures.slots:
        name = f"slots of a department over HTTP, {figures.slots_shown} bands in two weeks, 1 client"
        lines.append(alone(name, figures.slots))
    if figures.search:
        lines.append(alone(f"search in process, one core, {searching.ENTRIES:,} names", figures.search))
        lines.append(alone("hello world on the same servers (/healthz)", figures.hello))
    lines.append("")
    if figures.release:
        lines += [_release(figures), ""]
    if figures.streams:
        lines += [streams.said(figures.streams, figures.streams_limit), streams.said_mixed(figures.streams_mixed), ""]
    if figures.day:
        lines += [_day(figures.day), ""]
    if figures.hub:
        lines += [*figures.hub.said(), ""]
    if figures.opinions:
        lines += [*figures.opinions.lines, ""]
    for name, (count, queries) in figures.statements.items():
        lines += [f"statements for one {name}: {count:.2f}, counted over {COUNTED_REQUESTS} requests", *queries, ""]
    lines += [verdict(target) for target in targets(figures)]
    if trouble := figures.trouble():
        lines += ["", f"trouble: {len(trouble)}", *trouble[:10]]
    return "\n".join(lines)


def _release(figures: Figures) -> str:
    assert figures.release is not None  # asked by the caller
    checked, rush = figures.release, figures.release.rush
    answers = ", ".join(f"{count:,} × {answer}" for answer, count in sorted(rush.answers.items()))
    waited = f"p50 {percentile([rush.turn], 0.5):,.0f} ms, p99 {percentile([rush.turn], 0.99):,.0f} ms"
    return (
        f"release: {checked.people:,} people, {PLACES} places, all at one moment: finished after {rush.seconds:.2f} s;"
        f" from the opening to the answer {waited}; {answers}; {rush.repeated} sent again"
    )


def _day(day: Day) -> str:
    growth = sorted(day.growth())
    tenth = len(day.calls) // 10
    begin, end = (Turn(0, 1.0, tuple(part)) for part in (day.calls[:tenth], day.calls[-tenth:]))
    return (
        f"day: {day.visits:,} visits in {len(day.of_queue)} queues, scanned, called, begun and finished in"
        f" {day.seconds:.0f} s ({4 * day.visits / day.seconds:,.0f} requests a second); a call p50"
        f" {percentile([begin], 0.5):.1f} ms and p99 {percentile([begin], 0.99):.0f} ms in the first tenth,"
        f" {percentile([end], 0.5):.1f} and {percentile([end], 0.99):.0f} in the last; of each queue the last tenth"
        f" against the first: {growth[0]:.2f} to {growth[-1]:.2f}, median {growth[len(growth) // 2]:.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 1 when it cannot run, or with --strict when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute: a rough look at a young hospital")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a target is missed")
    parser.add_argument("--past", type=int, help="how many appointments are over; 0 for a new hospital")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure only this, perhaps more than once")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    if options.past is not None:
        size = replace(size, past=options.past)
    began = time.monotonic()
    try:
        streams.many_files()
        say("· starting servers")
        with stage() as at:
            figures = asyncio.run(_measure(at, size, options.only or SECTIONS))
    except (CannotStart, StageBroken) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(report(figures, size, time.monotonic() - began))
    is_good = all(target.is_met for target in targets(figures)) and not figures.trouble()
    return 1 if options.strict and not is_good else 0


async def _measure(at: Stage, size: Size, sections: Container[str]) -> Figures:
    connection = await at.connect()
    try:
        say(f"· {size.people:,} people sign in")
        crowd = await gather_crowd(connection, people=size.people)
        bench = Bench(at, size, connection, crowd)
        if size.past:
            say(f"· {size.past:,} appointments of the past")
            past = await make_history(at.database_url, size.past, invented=True)
            bench.figures.past = past.text()
            await connection.execute("CHECKPOINT")  # now and not between two turns
        await bench.run(sections)
        return bench.figures
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
