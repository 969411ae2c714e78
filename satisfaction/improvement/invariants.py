"""What always holds of improvements."""

IMPROVEMENT_INVARIANTS: tuple[tuple[str, str], ...] = (
    (
        "No look at an effect is two days late.",
        "SELECT id FROM improvement WHERE (state = 'measuring' AND check1_on < (app_now() - interval '2 days')::date)"
        " OR (state = 'not_yet' AND check2_on < (app_now() - interval '2 days')::date)",
    ),
    (
        "Nobody approves what they own, and what is done has its evidence.",
        "SELECT id FROM improvement WHERE approver_id = owner_id OR (done_on IS NOT NULL AND done_evidence_id IS NULL)",
    ),
)
