"""What a request creates is there whole or not at all, whether its client sends a key or not."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from server.idempotency import Once
from server.ids import new_id
from server.web import once_only
from tests import props


class _Stops(Exception):
    """The second half does not come about."""


async def half_of_it(request) -> None:
    async def make():
        await props.insert("fact", name="HalfDone", payload="{}")
        raise _Stops

    with pytest.raises(_Stops):
        await once_only(request, make, status=201)


def asked(key: UUID | None) -> SimpleNamespace:
    once = Once(actor="anyone", key=key, fingerprint=b"-") if key else None
    return SimpleNamespace(ctx=SimpleNamespace(once=once))


@pytest.mark.parametrize("has_key", [True, False], ids=["with a key", "without a key"])
async def test_half_of_it_never_stays(hospital, has_key):
    await half_of_it(asked(new_id() if has_key else None))
    assert await props.count("fact", "name = 'HalfDone'") == 0
