"""Where each guard of notifications/machine.py stands in the statements of the outbox, and the statement without it.

Used by the tests that play a missing guard against PostgreSQL, and by the trial that must fail. A piece that is no
longer found fails both: whoever rewrites a statement says here where its guards are now.
"""

from collections.abc import Mapping

from notifications.machine import Guard

Piece = tuple[str, str, str]  # name of the statement, what stands there, what stands there without the guard

FENCE: Piece = ("INTEND", "d.fence = asked.fence AND d.state = 'leased'", "d.state = 'leased'")
STATE: Piece = ("INTEND", "d.fence = asked.fence AND d.state = 'leased'", "d.fence = asked.fence")
OWNER: Piece = ("INTEND", "d.owner = $5", "true")
HALF_A_LEASE: Piece = ("INTEND", "d.lease_until > app_now() + $4::interval", "$4::interval IS NOT NULL")

# Makes every batch one that cannot be taken together, so that it goes in two steps.
APART: Piece = ("TAKE", "RETURNING d.id, d.state, d.fence", "RETURNING 1 / (d.fence - d.fence), d.id, d.state, d.fence")

_WAITS = "d.state IN ('planned', 'held', 'ready', 'retry_wait') AND d.due_at"
_IDLE = """AND NOT EXISTS (SELECT FROM delivery b WHERE b.channel = d.channel AND b.address = d.address
                          AND b.state IN ('leased', 'sending') OFFSET 0)"""
_IN_TIME = "CASE WHEN d.deadline <= app_now() THEN 'deadline' ELSE message_stays(m) END"

_ANSWERABLE = (
    "AND (d.state || '' IN ('sending', 'unknown') OR told.state = 'accepted' AND d.state || '' IN ('ready', 'held'))"
)

PIECES: Mapping[Guard, tuple[Piece, ...]] = {
    Guard.WAITS: tuple(
        (name, old, new) for name in ("TAKE", "CLAIM") for old, new in ((_WAITS, "d.due_at"), (_IDLE, ""))
    ),
    Guard.DUE: tuple((name, " AND d.due_at <= app_now()", "") for name in ("TAKE", "CLAIM")),
    Guard.HELD: (
        (
            "INTEND",
            "d.fence = asked.fence AND d.state = 'leased' AND d.owner = $5"
            " AND d.lease_until > app_now() + $4::interval",
            "$4::interval IS NOT NULL",
        ),
    ),
    Guard.IN_TIME: (
        ("TAKE", "AND d.deadline > app_now()", ""),
        ("TAKE", _IN_TIME, "message_stays(m)"),
        ("INTEND", _IN_TIME, "message_stays(m)"),
    ),
    Guard.WANTED: tuple((name, "ELSE message_stays(m) END", "END") for name in ("TAKE", "INTEND")),
    Guard.ALLOWED: tuple(
        (name, "WHEN $7 AND (credit_id IS NULL OR turn > 1)", "WHEN false") for name in ("TAKE", "INTEND")
    ),
    Guard.CURRENT: (("RECORD", f" AND d.fence = told.fence\n      {_ANSWERABLE}", f" {_ANSWERABLE}"),),
    Guard.ANSWERABLE: (("RECORD", _ANSWERABLE, ""),),
    Guard.OVER: (("SWEEP", " AND lease_until <= app_now()", ""),),
    Guard.NOT_BEGUN: (
        ("SWEEP", "lost.state = 'leased' RETURNING", "true RETURNING"),
        ("SWEEP", "lost.state = 'sending' RETURNING", "false RETURNING"),
    ),
    Guard.SETTLED: (("SETTLE", "AND NOT d.is_settled AND d.due_at <= app_now()", "AND NOT d.is_settled"),),
    Guard.HARMLESS: (("SETTLE", "is_possible AND (is_harmless OR is_remembered)", "is_possible"),),
    Guard.REMEMBERED: (
        ("SETTLE", "least(d.deadline, decided.first_at + decided.remembered - $5::interval)", "d.deadline"),
    ),
    Guard.BOUNDED: (("SETTLE", "d.tries < $2 AND d.deadline", "$2::int > 0 AND d.deadline"),),
    Guard.RANK: (("APPLY_RECEIPTS", " AND d.state IN ('accepted', 'unknown')", ""),),
}
# These stand in Python: the last look at the lease in the lane, and the states from which a person may act.
IN_PYTHON = frozenset({Guard.FRESH, Guard.RETRIABLE, Guard.RECALLABLE})


def without(text: str, name: str, pieces: tuple[Piece, ...]) -> str:
    """Give a statement without some pieces. Raises: ValueError when one does not stand in it exactly once."""
    for of, old, new in pieces:
        if of == name:
            if text.count(old) != 1:
                raise ValueError(f"{name} has {text.count(old)} times: {old}")
            text = text.replace(old, new)
    return text
