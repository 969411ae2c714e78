"""The statements on templates. Words that were approved never change: the database holds them."""

COLUMNS = """t.id, t.event, t.channel, t.language, t.number, t.title, t.lines, t.fields, t.status, t.author_id,
t.made_at, t.approver_id, t.approved_as, t.approved_at, t.ended_at, t.version"""

APPROVED = """
SELECT event, channel, language, number, title, lines, fields FROM message_template WHERE status = 'approved'
"""

LIST = f"""
SELECT {COLUMNS}, a.name AS author_name, coalesce(b.name, '') AS approver_name
FROM message_template t JOIN staff a ON a.id = t.author_id LEFT JOIN staff b ON b.id = t.approver_id
WHERE ($1::text IS NULL OR t.event = $1) AND ($2::uuid IS NULL OR t.id = $2)
ORDER BY t.event, t.channel, t.language, t.number DESC
"""

# $1 id, $2 event, $3 channel, $4 language, $5 title, $6 lines, $7 fields, $8 author. Nothing comes back when there is a
# draft, or when somebody takes the number at this moment: whichever of the two constraints is met first.
ADD = """
INSERT INTO message_template (id, event, channel, language, number, title, lines, fields, status, author_id, made_at)
SELECT $1, $2, $3, $4, 1 + coalesce(max(number), 0), $5, $6, $7, 'draft', $8, app_now() FROM message_template
WHERE event = $2 AND channel = $3 AND language = $4
ON CONFLICT DO NOTHING RETURNING id
"""

# $1 id, $2 version, $3 title, $4 lines, $5 fields, $6 author: whoever wrote last is the author
CHANGE = """
UPDATE message_template SET title = $3, lines = $4, fields = $5, author_id = $6, made_at = app_now(),
                            version = version + 1
WHERE id = $1 AND version = $2 AND status = 'draft' RETURNING id
"""

# $1 id, $2 version. Before the next is approved: there is one at a time.
RETIRE_BEFORE = """
UPDATE message_template o SET status = 'retired', ended_at = app_now(), version = o.version + 1
FROM message_template t WHERE t.id = $1 AND t.version = $2 AND t.status = 'draft' AND o.status = 'approved'
  AND (o.event, o.channel, o.language) = (t.event, t.channel, t.language)
"""
# $1 id, $2 version, $3 approver, $4 as what
APPROVE = """
UPDATE message_template SET status = 'approved', approver_id = $3, approved_as = $4, approved_at = app_now(),
                            version = version + 1
WHERE id = $1 AND version = $2 AND status = 'draft' RETURNING id
"""
# $1 id, $2 version
RETIRE = """
UPDATE message_template SET status = 'retired', ended_at = app_now(), version = version + 1
WHERE id = $1 AND version = $2 AND status <> 'retired' RETURNING id
"""
