"""A short selection of `make chaos`, as a program of its own: the certificate holds, and the control is noticed."""

import asyncio
import sys

from infra.chaos.certificate import Trial, certificate, joined
from infra.chaos.ledger import Record, accepted, reconcile
from server.ids import new_id
from tests.processes import ROOT

SECONDS = 150


async def test_the_certificate_holds():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.chaos", "--quick", "--stages", "1", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(SECONDS):
        said, _ = await process.communicate()
    text = said.decode()
    assert process.returncode == 0, text
    assert "HOLDS: 4 runs" in text
    assert "it is noticed" in text


def _record(**values) -> Record:
    plain = {"id": new_id(), "channel": "wechat_subscribe", "state": "accepted", "is_settled": False}
    return Record(**{**plain, "kind": "visit", "attempts": 1, "unsure": 0, **values})


def test_the_ledger_tells_what_is_lost_and_what_is_doubled():
    lost = _record()
    doubled = _record(attempts=2)
    held = _record(state="unknown", is_settled=True)
    again = _record(kind="alert", attempts=2, unsure=1)
    unwritten = _record(attempts=0)
    open_ = _record(state="ready")
    hidden = _record(state="failed")
    records = [lost, doubled, held, again, unwritten, open_, hidden]
    taken = {doubled.id: 2, held.id: 1, again.id: 2, unwritten.id: 1, hidden.id: 1}
    found = reconcile(records, taken)
    assert (found.lost, found.doubled, found.again, found.held, found.held_taken) == (2, 1, 1, 1, 1)
    assert [str(one.id) in " ".join(found.wrong) for one in records] == [True, False, False, False, True, True, True]


def test_a_call_is_taken_when_the_platform_decided_so():
    one, other = new_id(), new_id()
    calls = [
        {"body": {"page": f"pages/x?m={one}"}, "answer": {"errcode": 0}},
        {"body": f"投诉 {one}", "answer": {}},
        {"body": {"page": f"pages/x?m={other}"}, "answer": {"errcode": 45009}},
        {"body": {"page": f"pages/x?m={other}"}, "answer": None},
    ]
    assert accepted(calls) == {one: 2}


def test_a_certificate_does_not_hold_when_anything_is_wrong():
    good = Trial("K1, ok", deliveries=104, accepted=104)
    assert "\nHOLDS" in certificate([good, good], 1.0)
    assert joined([good, good]) == [Trial("K1, ok", deliveries=208, accepted=208, runs=2)]
    for bad in (Trial("x", lost=1), Trial("x", doubled=1), Trial("x", wrong=("an invariant",))):
        assert "DOES NOT HOLD" in certificate([good, bad], 1.0)
