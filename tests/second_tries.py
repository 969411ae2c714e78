"""A test that fails is tried again, and the end of the run says which one it was and why.

Thousands of tests share two cores with browsers, servers and workers that are killed. What fails each time fails; what
fails once is named with its reason, so that somebody looks. Where many need a second try the run fails as a whole.
A mutant has none: either somebody notices that its guard is gone, or nobody does.
"""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"
TRIES, BROWSER_TRIES = 1, 2  # more; browser tests live by the clock on the wall
TOO_MANY = 10


def mark(items: list[pytest.Item]) -> None:
    """Give each test its further tries."""
    for item in items:
        if item.get_closest_marker("mutant") is None:
            tries = BROWSER_TRIES if BROWSER in item.path.parents else TRIES
            item.add_marker(pytest.mark.flaky(reruns=tries))


def say_why(reporter: pytest.TerminalReporter) -> None:
    """Print why the first tries failed: what is only tried again is never mended."""
    failures = reporter.stats.get("rerun", [])
    for report in failures:
        reporter.section(f"tried again: {report.nodeid}")
        reporter.write_line(report.longreprtext)
    if len(failures) > TOO_MANY:
        reporter.write_line(f"{len(failures)} tests were tried again; more than {TOO_MANY} are no accident", red=True)


def are_too_many(config: pytest.Config) -> bool:
    """Tell whether so many tests were tried again that something must be wrong."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter is not None and len(reporter.stats.get("rerun", [])) > TOO_MANY
