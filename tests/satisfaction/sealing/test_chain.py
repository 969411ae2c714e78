"""Whatever is done to a time line behind the product's back, the doctor says so."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from satisfaction.sealing import chain
from server import db
from tests.processes import ROOT

CHANGE = "UPDATE complaint_entry SET {} WHERE complaint_id = (SELECT min(id::text)::uuid FROM complaint) AND seq = {}"


async def as_superuser(*statements: str) -> None:
    """Do something with every trigger off, as somebody who holds the machine of the database can."""
    body = "; ".join(statements)
    await db.fetch(f"DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); {body}; END $$")


@pytest.fixture
async def two(ward, clock):
    """Two complaints with three lines and more, of yesterday, and the anchors of all days since."""
    for text in ("等了两个小时。", "没有人解释。"):
        complaint_id = await ward.complaint(text=text)
        await ward.handler.post(f"/complaints/{complaint_id}/note", {"text": "已电话了解"})
        await ward.handler.post(f"/complaints/{complaint_id}/reply", {"text": "正在核实"})
    assert await chain.verify() == []
    await clock.forward(days=2)
    await ward.run("anchor_time_lines")
    assert await chain.newest() is not None
    return ward


def change(what: str, seq: int = 2) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await as_superuser(CHANGE.format(what, seq))

    return run


async def delete_a_middle_line() -> None:
    await as_superuser(
        "DELETE FROM complaint_entry WHERE complaint_id = (SELECT min(id::text)::uuid FROM complaint) AND seq = 2"
    )


async def delete_the_last_line() -> None:
    await as_superuser(
        "DELETE FROM complaint_entry e USING complaint c WHERE c.id = e.complaint_id AND e.seq = c.entries"
    )


async def cut_the_tail_and_mend_the_head() -> None:
    """Whoever knows how it works: the row of the complaint is made to fit what is left."""
    await delete_the_last_line()
    await as_superuser(
        "UPDATE complaint c SET entries = e.seq, head_hash = e.hash FROM complaint_entry e WHERE e.complaint_id = c.id"
        " AND e.seq = (SELECT max(seq) FROM complaint_entry o WHERE o.complaint_id = c.id)"
    )


async def swap_two_lines() -> None:
    await as_superuser(
        "UPDATE complaint_entry SET seq = -seq WHERE seq IN (2, 3)",
        "UPDATE complaint_entry SET seq = CASE seq WHEN -2 THEN 3 ELSE 2 END WHERE seq < 0",
    )


async def remove_a_case() -> None:
    await as_superuser(
        "DELETE FROM complaint_entry WHERE complaint_id = (SELECT min(id::text)::uuid FROM complaint)",
        "DELETE FROM complaint WHERE id = (SELECT min(id::text)::uuid FROM complaint)",
    )


async def write_the_whole_chain_anew() -> None:
    """Whoever makes every hash right again after a change."""
    await change("author_name = '别人'")()
    await as_superuser(
        "DECLARE line complaint_entry; head bytea := ''; BEGIN FOR line IN SELECT * FROM complaint_entry"
        " WHERE complaint_id = (SELECT min(id::text)::uuid FROM complaint) ORDER BY seq LOOP"
        " line.prev_hash := head; head := entry_hash(line);"
        " UPDATE complaint_entry SET prev_hash = line.prev_hash, hash = head WHERE id = line.id;"
        " UPDATE complaint SET head_hash = head WHERE id = line.complaint_id; END LOOP; END"
    )


async def and_the_anchors_too() -> None:
    """And makes the anchors fit, but has no key to sign them with."""
    await write_the_whole_chain_anew()
    await as_superuser(
        "DECLARE one record; made record; head bytea := ''; BEGIN"
        " FOR one IN SELECT day FROM timeline_anchor ORDER BY day LOOP"
        " SELECT * INTO made FROM anchor_of(one.day, head);"
        " UPDATE timeline_anchor SET prev_hash = head, hash = made.hash WHERE day = one.day;"
        " head := made.hash; END LOOP; END"
    )


@pytest.mark.parametrize(
    ("tamper", "word"),
    [
        (change("text_cipher = '\\x00'"), "line 2: changed"),
        (change("author_name = '别人'"), "line 2: changed"),
        (change("visible_to_patient = NOT visible_to_patient", 3), "line 3: changed"),
        (change("at = at - interval '1 hour'"), "line 2: changed"),
        (change("kind = 'call'", 1), "line 1: changed"),
        (delete_a_middle_line, "missing before"),
        (delete_the_last_line, "the last line is another"),
        (cut_the_tail_and_mend_the_head, "were anchored"),
        (swap_two_lines, "changed"),
        (remove_a_case, "were anchored"),
        (write_the_whole_chain_anew, "rewritten"),
        (and_the_anchors_too, "was not made by this hospital"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_tampering_is_found(two, tamper, word):
    assert await chain.verify() == []
    await tamper()
    findings = await chain.verify()
    assert any(word in finding for finding in findings), findings


async def test_the_table_refuses_to_rewrite_a_line_or_an_anchor(two):
    for statement in (
        "UPDATE complaint_entry SET author_name = ''",
        "DELETE FROM complaint_entry",
        "UPDATE timeline_anchor SET lines = 0",
        "DELETE FROM timeline_anchor",
    ):
        with pytest.raises(Exception, match="cannot be rewritten"):
            await db.fetch(statement)


async def test_a_day_is_anchored_once_and_none_is_left_out(two, clock):
    await clock.forward(days=3)
    for _ in range(2):
        await two.run("anchor_time_lines")
    row = await db.fetch_one("SELECT count(*) AS n, max(day) - min(day) + 1 AS days FROM timeline_anchor")
    assert row["n"] == row["days"] >= 4
    assert await chain.verify() == []
    await as_superuser("DELETE FROM timeline_anchor WHERE day = (SELECT min(day) + 1 FROM timeline_anchor)")
    assert any("is missing" in finding for finding in await chain.verify())


async def test_a_days_last_lines_may_still_come_within_an_hour(ward, clock):
    """Just after midnight (UTC) the day before is not anchored yet."""
    from server import clock as now

    tomorrow = (now.now() + timedelta(days=1)).replace(hour=0, minute=20, second=0)
    await ward.complaint()
    await clock.set_to(tomorrow)
    await ward.run("anchor_time_lines")
    assert await chain.newest() is None
    await clock.forward(minutes=45)
    await ward.run("anchor_time_lines")
    assert await chain.newest() is not None


async def test_ten_thousand_lines_are_looked_through_in_two_seconds(ward):
    await ward.complaint()
    columns = await db.fetch(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'complaint'"
        " AND column_name NOT IN ('id', 'number', 'entries', 'head_hash', 'is_sealed') AND is_generated = 'NEVER'"
    )
    names = ", ".join(row["name"] for row in columns)
    await db.fetch(
        f"INSERT INTO complaint (id, number, {names}) SELECT gen_random_uuid(), 'TS-' || n, {names}"
        " FROM complaint, generate_series(1, 1000) n"
    )
    await db.fetch(
        "INSERT INTO complaint_entry (id, complaint_id, kind, author_kind, visible_to_patient, text_cipher, at)"
        " SELECT gen_random_uuid(), id, 'note', 'staff', false, '\\x00'::bytea, app_now()"
        " FROM complaint, generate_series(1, 10)"
    )
    started = time.monotonic()
    assert await chain.verify() == []
    assert time.monotonic() - started < 2


async def test_the_doctor_names_the_complaint_and_the_line(two):
    async def doctor() -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.cli",
            "doctor",
            cwd=ROOT,
            env=two.site.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        return (await asyncio.wait_for(process.communicate(), 60))[0].decode()

    said = await doctor()
    assert "anchored until" in said
    assert "MEND  time lines" not in said
    await change("author_name = '别人'")()
    row = await db.fetch_one("SELECT number FROM complaint ORDER BY id LIMIT 1")
    assert f"MEND  time lines: complaint {row['number']}, line 2: changed" in await doctor()
