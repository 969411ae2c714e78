"""Mutants: the product with one guard taken out. A test must fail on each; the summary counts the killed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType

import pytest

Scenario = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Mutant:
    """A statement of a module with pieces of its text replaced: old, new. More than one where a guard stands twice.

    scenario: a story that holds for the product, and must not hold for the mutant.
    """

    name: str
    module: ModuleType
    constant: str
    edits: tuple[tuple[str, str], ...]
    scenario: Scenario

    def put_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the guard out; fails when the statement no longer has this text exactly once."""
        text = getattr(self.module, self.constant)
        for old, new in self.edits:
            assert text.count(old) == 1, f"{self.constant} has {text.count(old)} times: {old}"
            text = text.replace(old, new)
        monkeypatch.setattr(self.module, self.constant, text)


async def is_killed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch, *actors: object) -> None:
    """Play the scenario on the mutant and insist that something goes wrong."""
    mutant.put_in(monkeypatch)
    try:
        await mutant.scenario(*actors)
    except Exception:  # whatever goes wrong: an assertion, a constraint that stands behind the guard
        return
    pytest.fail(f"nobody noticed that {mutant.name} is gone")
