"""Each guard of the webhooks' statements is missed when it is gone."""

import pytest

from notifications.channels import webhook
from notifications.webhooks import posting, replays
from server import clock as server_clock
from tests.mutants import Mutant, is_killed
from tests.notifications.telling import called, happens
from tests.notifications.webhooks.sink import a_sink, webhook_rows


async def nothing_for_who_is_off(hospital, clock):
    sink = await a_sink(hospital)
    await sink.admin.post(f"/admin/webhooks/{sink.id}/pause")
    assert (await sink.admin.refused(f"/admin/webhooks/{sink.id}/test")).code == "endpoint_is_off"
    assert await webhook_rows() == []


async def who_fails_is_left_in_peace(hospital, clock):
    sink = await a_sink(hospital)
    await sink.answers(500)
    first = called(None)
    await happens(*(called(None, ticket_id=first.ticket_id, call_count=n) for n in range(1, 4)))  # one way
    await hospital.jobs["relay"].run()
    await hospital.jobs["dispatch_webhook"].run()
    assert len(await sink.took()) == 1
    assert [row["tries"] for row in await webhook_rows()] == [1, 0, 0]


async def what_waited_goes_on_at_once_when_it_is_well(hospital, clock):
    sink = await a_sink(hospital)
    await sink.answers(500)
    await happens(called(None))
    await hospital.jobs["relay"].run()
    await hospital.jobs["dispatch_webhook"].run()
    await happens(called(None))
    await hospital.jobs["relay"].run()
    await sink.answers(204)
    await sink.admin.post(f"/admin/webhooks/{sink.id}/test")  # goes at once, and shows that it is well again
    await hospital.jobs["dispatch_webhook"].run()
    await hospital.jobs["dispatch_webhook"].run()
    assert (await sink.shown())["failures"] == 0


async def what_was_taken_is_not_replayed(hospital, clock):
    sink = await a_sink(hospital)
    since = server_clock.now().isoformat()
    await happens(called(None))
    await hospital.jobs["relay"].run()
    await hospital.jobs["dispatch_webhook"].run()
    replayed = await sink.admin.post(f"/admin/webhooks/{sink.id}/replays", {"since": since})
    assert replayed["messages"] == 0


STORIES = {
    "off": (posting, "POST", ((" AND e.state = 'on'", ""),), nothing_for_who_is_off),
    "peace": (webhook, "FAILED", ((" AND d.due_at < bad.open_until", " AND false"),), who_fails_is_left_in_peace),
    "well": (
        webhook,
        "WELL",
        (("SET failures = 0, failing_since = NULL, open_until = NULL,", "SET"),),
        what_waited_goes_on_at_once_when_it_is_well,
    ),
    "taken": (
        replays,
        "NOT_TAKEN",
        (("'failed', 'expired'", "'accepted', 'failed', 'expired'"),),
        what_was_taken_is_not_replayed,
    ),
}


@pytest.mark.parametrize("name", STORIES)
async def test_the_story_holds(hospital, clock, name):
    await STORIES[name][3](hospital, clock)


@pytest.mark.mutant
@pytest.mark.parametrize("name", STORIES)
async def test_without_its_guard_it_does_not(hospital, clock, monkeypatch, name):
    module, constant, edits, story = STORIES[name]
    await is_killed(Mutant(name, module, constant, edits, story), monkeypatch, hospital, clock)
