"""What is tried again is named, and too much of it fails a run."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests import second_tries

TOLD = SimpleNamespace(nodeid="tests/test_x.py::test_y", longreprtext="assert 1 == 2")


class Reporter:
    """What pytest's reporter of the terminal is to us."""

    def __init__(self, count: int) -> None:
        self.stats = {"rerun": [TOLD] * count}
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        self.lines.append(title)

    def write_line(self, line: str, **_: Any) -> None:
        self.lines.append(line)


@pytest.mark.parametrize(
    ("count", "too_many"), [(0, False), (second_tries.TOO_MANY, False), (second_tries.TOO_MANY + 1, True)]
)
def test_many_second_tries_fail_the_run_and_each_says_why(count, too_many):
    reporter: Any = Reporter(count)
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda name: reporter))
    assert second_tries.are_too_many(config) is too_many
    second_tries.say_why(reporter)
    assert reporter.lines.count("assert 1 == 2") == count
    assert ("no accident" in " ".join(reporter.lines)) is too_many


def test_a_mutant_has_one_try_and_a_browser_test_three(request):
    own = request.node
    assert [mark.kwargs for mark in own.iter_markers("flaky")] == [{"reruns": second_tries.TRIES}]

    class Item:
        def __init__(self, *marks: str, path: Any = own.path) -> None:
            self.path, self.marks, self.added = path, marks, []

        def get_closest_marker(self, name: str) -> Any:
            return name if name in self.marks else None

        def add_marker(self, mark: Any) -> None:
            self.added.append(mark.kwargs["reruns"])

    items: Any = [Item("mutant"), Item(), Item(path=second_tries.BROWSER / "test_z.py")]
    second_tries.mark(items)
    assert [item.added for item in items] == [[], [1], [2]]
