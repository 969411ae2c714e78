"""Satisfaction and complaints under load. Each part has a file of its own and says what it measured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from infra.bench.crowd import Crowd
from infra.bench.load import Clients
from infra.bench.stage import Stage
from infra.bench.table import Target


@dataclass(frozen=True)
class Means:
    """What a part works with. answers: to questionnaires; cases: open complaints; rounds: of what is repeated."""

    stage: Stage
    connection: asyncpg.Connection
    crowd: Crowd
    clients: Clients
    answers: int
    cases: int
    rounds: int
    say: Callable[[str], None]


@dataclass
class Opinions:
    """What was measured. lines: in words; trouble: what was no success."""

    lines: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Opinions") -> "Opinions":
        self.lines += other.lines
        self.targets += other.targets
        self.trouble += other.trouble
        return self


Part = Callable[[Means], Awaitable[Opinions]]


async def measure(means: Means, parts: tuple[tuple[str, Part], ...]) -> Opinions:
    """Measure one part after another. parts: name and part; each starts the programs that it needs."""
    found = Opinions()
    for name, part in parts:
        means.say(f"· opinions: {name}")
        found += await part(means)
    return found
