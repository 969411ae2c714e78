"""Looks at every world that can come about, breadth first: the first story that goes wrong is a shortest one."""

from collections import deque
from dataclasses import dataclass

from tests.notifications.proof.model import Model, World, is_end, untrue


@dataclass(frozen=True)
class Found:
    """What an exploration came to. story: the steps to what went wrong; empty when nothing did."""

    worlds: int
    moves: frozenset[tuple[str, str]]
    broken: str = ""
    story: tuple[str, ...] = ()

    def text(self) -> str:
        """Tell the story."""
        lines = [f"{number}. {said}" for number, said in enumerate(self.story, 1)]
        return "\n".join([*lines, f"=> {self.broken}"]) if self.broken else f"{self.worlds} worlds, nothing wrong"


def explore(model: Model) -> Found:
    """Visit every world from the beginning; stop at the first that must not be.

    In the end it asks for each world whether an end can still be reached without anybody's luck or wish: a world from
    which none can be is one in which the message is lost.
    """
    begin = World()
    came: dict[World, tuple[World, str] | None] = {begin: None}
    back: dict[World, list[World]] = {}
    queue, ends = deque([begin]), []
    moves: set[tuple[str, str]] = set()
    while queue:
        world = queue.popleft()
        if is_end(world, model):
            ends.append(world)
        for step in model.steps(world):
            moves.add((world.state, step.world.state))
            broken = step.broken or untrue(step.world, model)
            if broken:
                return Found(len(came), frozenset(moves), broken, (*_story(came, world), step.said))
            if step.is_progress:
                back.setdefault(step.world, []).append(world)
            if step.world not in came:
                came[step.world] = (world, step.said)
                queue.append(step.world)
    saved, left = set(ends), list(ends)
    while left:
        for before in back.get(left.pop(), ()):
            if before not in saved:
                saved.add(before)
                left.append(before)
    lost = next((world for world in came if world not in saved), None)
    if lost is not None:
        return Found(len(came), frozenset(moves), f"nobody looks after it any more: {lost.state}", _story(came, lost))
    return Found(len(came), frozenset(moves))


def _story(came: dict[World, tuple[World, str] | None], world: World) -> tuple[str, ...]:
    said: list[str] = []
    step = came[world]
    while step is not None:
        said.append(step[1])
        step = came[step[0]]
    return tuple(reversed(said))
