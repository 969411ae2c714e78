"""The tables of boards, and the statements that read and write them."""

SETTINGS = """
SELECT DISTINCT ON (department_id) department_id, names, languages, alternates, voice, spoken, spoken_languages, version
FROM board_setting WHERE department_id = ANY($1::uuid[]) ORDER BY department_id, version DESC
"""
DECIDE = """
INSERT INTO board_setting (department_id, version, names, languages, alternates, voice, spoken, spoken_languages,
    at, by_id)
VALUES ($1, $2, $3, $4::text[], $5, $6, $7, $8::text[], app_now(), $9)
"""

# $1 id, $2 kind, $3 department, $4 texts, $5 until, $6 by
POST = """
INSERT INTO board_message (id, kind, department_id, texts, at, until, by_id)
VALUES ($1, $2, $3, $4::jsonb, app_now(), $5, $6) RETURNING id, kind, department_id, texts, at, until, ended_at
"""
LOCK = """
SELECT id, kind, department_id, texts, at, until, ended_at FROM board_message WHERE id = $1 FOR NO KEY UPDATE
"""
END = """
UPDATE board_message SET ended_at = app_now(), ended_by = $2 WHERE id = $1
RETURNING id, kind, department_id, texts, at, until, ended_at
"""
# What stands on the boards of some departments now, the newest first.
STANDING = """
SELECT m.id, m.kind, m.department_id, m.texts, m.at, m.until, m.ended_at, s.name AS by_name
FROM board_message m LEFT JOIN staff s ON s.id = m.by_id
WHERE m.ended_at IS NULL AND (m.until IS NULL OR m.until > app_now())
AND (m.department_id = ANY($1::uuid[]) OR m.department_id IS NULL) ORDER BY m.id DESC
"""
ACTIVE_DEPARTMENTS = "SELECT id FROM department WHERE active ORDER BY id"

# Who was called last, and where: the log knows it also of those who have missed their call. $1 departments, $2 day
LAST_CALLS = """
SELECT department AS department_id, l.state ->> 'number' AS number, l.state -> 'patient' ->> 'name' AS name,
    l.state -> 'room' ->> 'name' AS room, l.state ->> 'called_at' AS called_at
FROM unnest($1::uuid[]) department CROSS JOIN LATERAL (
    SELECT e.state, e.at FROM queue_event e WHERE e.department_id = department AND e.day = $2 AND e.kind = 'ticket'
    AND e.act IN ('called', 'recalled') ORDER BY e.seq DESC LIMIT $3
) l ORDER BY l.at DESC LIMIT $3
"""

INVARIANTS = (
    (
        "A broadcast or notice that stands is of a department that is there, or of the whole hospital",
        """SELECT m.id::text AS broken FROM board_message m LEFT JOIN department d ON d.id = m.department_id
           WHERE m.ended_at IS NULL AND m.department_id IS NOT NULL AND d.id IS NULL""",
    ),
    (
        "Every broadcast and notice stands in the log of a queue",
        """SELECT m.id::text AS broken FROM board_message m WHERE m.department_id IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM queue_event e WHERE e.department_id = m.department_id AND e.kind = 'notice'
               AND e.subject_id = m.id)""",
    ),
)
