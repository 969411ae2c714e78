"""What holds of the waitlist at rest, and the SQL that finds what breaks it."""

INVARIANTS: tuple[tuple[str, str], ...] = (
    (
        "Places are kept only for people who wait",
        "SELECT s.session_id, sum(s.kept) AS kept FROM slot s WHERE s.session_id IN"
        " (SELECT session_id FROM slot WHERE kept > 0) GROUP BY s.session_id HAVING sum(s.kept) > (SELECT count(*)"
        " FROM waitlist_target t WHERE t.session_id = s.session_id AND t.state = 'waiting')",
    ),
    (
        "An entry is offered something exactly while it has a live offer",
        "SELECT e.id, e.state FROM waitlist_entry e LEFT JOIN waitlist_offer o"
        " ON o.entry_id = e.id AND o.state = 'live' WHERE (e.state = 'offered') <> (o.id IS NOT NULL)",
    ),
    (
        "A live offer holds a place for each of its people until its deadline",  # its end is followed within a minute
        "SELECT o.id FROM waitlist_offer o JOIN waitlist_entry e ON e.id = o.entry_id WHERE o.state = 'live'"
        " AND o.deadline > app_now() AND e.seats <> (SELECT count(*) FROM waitlist_seat w"
        " JOIN appointment a ON a.id = w.appointment_id AND a.status = 'held' AND a.held_until = o.deadline"
        " WHERE w.offer_id = o.id) AND NOT EXISTS (SELECT FROM waitlist_seat w JOIN transition t"
        " ON t.subject_id = w.appointment_id WHERE w.offer_id = o.id AND t.from_state = 'held'"
        " AND t.at > app_now() - interval '1 minute')",
    ),
    (
        "Every place that is held for the waitlist belongs to a live offer",
        "SELECT a.id FROM appointment a WHERE a.status = 'held' AND a.channel = 'waitlist' AND a.held_until > app_now()"
        " AND NOT EXISTS (SELECT FROM waitlist_seat w JOIN waitlist_offer o ON o.id = w.offer_id AND o.state = 'live'"
        " WHERE w.appointment_id = a.id)",
    ),
    (  # the ten seconds: an offer may have waited for locks before it looked
        "Nobody was offered a place while somebody stood before them whom it fitted",
        "SELECT o.id, t.entry_id AS overlooked FROM waitlist_offer o JOIN waitlist_target t"
        " ON t.session_id = o.session_id AND t.entry_id <> o.entry_id AND t.seat = 1 AND t.after_number < o.number"
        " AND (t.ended_at IS NULL OR t.ended_at > o.made_at + interval '10 seconds')"
        " AND t.closes_at > o.made_at + interval '10 seconds'"
        " AND (-t.priority, t.joined_at, t.entry_id) < (-o.priority, o.joined_at, o.entry_id)"
        " WHERE NOT o.passed ? t.entry_id::text AND NOT EXISTS (SELECT FROM waitlist_offer had"
        " WHERE had.entry_id = t.entry_id AND had.made_at <= o.made_at + interval '10 seconds'"
        " AND (had.ended_at IS NULL OR had.ended_at > o.made_at))",
    ),
    (
        "Nobody waits twice for one session",
        "SELECT person_id, session_id FROM waitlist_target WHERE state <> 'done' GROUP BY person_id, session_id"
        " HAVING count(*) > 1",
    ),
)
