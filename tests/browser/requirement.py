"""What a browser test cannot do without: whether its absence skips the test or fails it."""

import os
from typing import NoReturn

import pytest

REQUIRED = "BROWSER_TESTS"


def not_here(reason: str) -> NoReturn:
    """Skip the test with this reason; fail it where BROWSER_TESTS=required says that nothing may be missing."""
    if os.environ.get(REQUIRED) == "required":  # noqa: TID251 - whoever runs the tests decides
        pytest.fail(f"{REQUIRED}=required, but {reason}", pytrace=False)
    pytest.skip(f"no browser tests: {reason}")
