"""State machines as tables. Pure: who may move a row is decided here, who moves it in `server.history`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.errors import IllegalMove

_registry: dict[str, "Machine"] = {}


@dataclass(frozen=True)
class Machine:
    """The allowed moves of one kind of row.

    starts: states in which a row may be born.
    moves: from a state to the states that may follow; a state that is no key is an end.
    """

    name: str
    starts: frozenset[StrEnum]
    moves: Mapping[StrEnum, frozenset[StrEnum]]
    states: type[StrEnum] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", type(next(iter(self.starts))))
        _registry[self.name] = self

    def check(self, old: str, new: str) -> None:
        """Refuse a move that is not in the table.

        Raises: IllegalMove.
        """
        if new not in self.moves.get(self.states(old), frozenset()):
            raise IllegalMove(machine=self.name, old=str(old), new=str(new))

    def is_end(self, state: str) -> bool:
        """Tell whether nothing follows this state."""
        return not self.moves.get(self.states(state))

    def before(self, new: str) -> tuple[str, ...]:
        """List the states from which a row may come to `new`; for the guards of SQL statements."""
        return tuple(str(old) for old, to in self.moves.items() if new in to)

    def diagram(self) -> str:
        """Draw the machine as a Mermaid state diagram."""
        lines = [f"stateDiagram-v2  %% {self.name}"]
        lines += [f"    [*] --> {start}" for start in sorted(self.starts)]
        lines += [f"    {old} --> {new}" for old, to in self.moves.items() for new in sorted(to)]
        lines += [f"    {state} --> [*]" for state in self.states if self.is_end(state)]
        return "\n".join(lines)


def machines() -> Mapping[str, Machine]:
    """Give every machine that has been declared, by name."""
    return dict(_registry)
