"""One delivery that the database will not have, one answer that it cannot keep: the others of the batch go on."""

import pytest

from notifications.channels.content import Receipt
from notifications.outbox import recording
from notifications.outbox.lanes import run_lane
from notifications.rules import Outcome
from server import db
from tests.notifications.providers.test_channels import Provider, waiting

REFUSE = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT address FROM delivery WHERE id = new.delivery_id) = 'p3' {when} THEN RAISE 'poison'; END IF;
    RETURN new;
END $$
"""


@pytest.fixture
async def poison(hospital):
    """Lay a trigger that refuses the attempt of one delivery, at its beginning or at its end."""

    async def lay(moment: str, when: str) -> None:
        await db.fetch(REFUSE.format(when=when))
        await db.fetch(f"CREATE TRIGGER poison BEFORE {moment} ON attempt FOR EACH ROW EXECUTE FUNCTION poison()")

    yield lay
    await db.fetch("DROP FUNCTION IF EXISTS poison CASCADE")


async def states() -> dict[str, str]:
    return {row["address"]: row["state"] for row in await db.fetch("SELECT address, state FROM delivery")}


async def test_an_intent_that_cannot_be_written_holds_up_nobody(poison):
    await waiting(8)
    await poison("INSERT", "")
    provider = Provider()
    await run_lane(provider)
    assert sorted(provider.called) == [f"p{n}" for n in range(8) if n != 3]
    assert await states() == {f"p{n}": "leased" if n == 3 else "accepted" for n in range(8)}


async def test_an_answer_that_cannot_be_kept_costs_no_other_its_own(poison, monkeypatch):
    monkeypatch.setattr(recording, "RECORD_PAUSES", ())
    await waiting(8)
    await poison("UPDATE", "AND new.outcome IS NOT NULL")
    with pytest.raises(Exception, match="poison"):
        await run_lane(Provider())
    assert await states() == {f"p{n}": "sending" if n == 3 else "accepted" for n in range(8)}


async def test_what_a_provider_says_can_always_be_kept(hospital):
    await waiting(3)
    provider = Provider()
    provider.says = Receipt(Outcome.ACCEPTED, "0\0", "好\0\udcff", "id\0" + "é")
    await run_lane(provider)
    assert set((await states()).values()) == {"accepted"}
    rows = await db.fetch("SELECT code, detail FROM attempt")
    assert {(row["code"], row["detail"]) for row in rows} == {("0", "好?")}
