"""What is always true of clocks, each as a query that finds what breaks it."""

CLOCK_INVARIANTS = (
    (
        "No clock of a complaint has run out for a minute without a breach.",
        "SELECT k.complaint_id FROM complaint_clock k"
        " WHERE k.stopped_at IS NULL AND k.due_at < app_now() - interval '60 seconds' AND NOT EXISTS (SELECT 1"
        " FROM breach b WHERE b.complaint_id = k.complaint_id AND b.cycle = k.cycle AND b.clock = k.clock"
        " AND b.withdrawn_at IS NULL)",
    ),
    (
        "No clock was stopped late without a breach.",
        "SELECT k.complaint_id FROM complaint_clock k WHERE k.stopped_at > k.due_at AND NOT EXISTS (SELECT 1"
        " FROM breach b WHERE b.complaint_id = k.complaint_id AND b.cycle = k.cycle AND b.clock = k.clock"
        " AND b.withdrawn_at IS NULL)",
    ),
    (
        "Every breach that holds is dated by its clock, and every other one says why not.",
        "SELECT b.complaint_id FROM breach b JOIN complaint_clock k"
        " ON k.complaint_id = b.complaint_id AND k.clock = b.clock AND k.cycle = b.cycle"
        " WHERE b.withdrawn_at IS NULL AND b.breached_at IS DISTINCT FROM coalesce(k.breached_at, k.due_at)",
    ),
    (
        "What lists show of the clocks of a complaint is what its clocks say.",
        "SELECT c.id FROM complaint c JOIN complaint_clock a ON a.complaint_id = c.id AND a.cycle = c.cycle"
        " AND a.clock = 'answer' JOIN complaint_clock f ON f.complaint_id = c.id AND f.cycle = c.cycle"
        " AND f.clock = 'first_response' WHERE c.answer_due_at <> a.due_at OR c.response_due_at <> f.due_at"
        " OR (c.responded_at IS NOT NULL) <> (f.stopped_by IS NOT DISTINCT FROM 'responded')"
        " OR (c.answered_at IS NOT NULL) <> (a.stopped_by IS NOT DISTINCT FROM 'answered')",
    ),
    (
        "Every open complaint has its clocks.",
        "SELECT c.id FROM complaint c WHERE c.closed_at IS NULL AND (SELECT count(*) FROM complaint_clock k"
        " WHERE k.complaint_id = c.id AND k.cycle = c.cycle"
        " AND k.clock IN ('acknowledgement', 'first_response', 'answer', 'legal')) < 4"
        " AND c.received_at < app_now() - interval '60 seconds'",
    ),
)
