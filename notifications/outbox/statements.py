"""The statements of the outbox, each one whole step for a batch. Only rows of the caller's own fence are changed."""

# One claim at a time for a channel (an advisory lock of a few milliseconds), so that two workers never pick two
# messages for the same address: the platform refuses two calls for one person at a time (43108).
LOCK_CLAIMS = "SELECT pg_advisory_xact_lock($1, hashtext($2))"

# $1 channel, $2 how many, $3 owner, $4 lease. Looks at four times as many rows, since only one of each address goes.
# Written so that no plan can be made for the few rows that wait in a quiet hour and then read all that wait in a burst:
# OFFSET 0 keeps the look for a busy address a look into the index, and rows are found again by id and the state that
# was seen, which no partial index can claim to answer.
CLAIM = """
WITH due AS (
    SELECT d.id, d.state, d.address, d.priority, d.due_at, d.deadline <= app_now() AS is_late FROM delivery d
    WHERE d.channel = $1 AND d.state IN ('planned', 'held', 'ready', 'retry_wait') AND d.due_at <= app_now()
      AND NOT EXISTS (SELECT FROM policy p WHERE p.name = 'hub.paused' AND p.value @> to_jsonb($1::text))
      AND NOT EXISTS (SELECT FROM delivery b WHERE b.channel = d.channel AND b.address = d.address
                      AND b.state IN ('leased', 'sending') OFFSET 0)
    ORDER BY d.priority, d.due_at, d.id LIMIT $2::int * 4
), late AS (
    UPDATE delivery d SET state = 'expired', reason = 'deadline', changed_at = app_now() FROM due
    WHERE d.id = due.id AND due.is_late AND d.state = due.state
), firsts AS (
    SELECT DISTINCT ON (address) id, state, priority, due_at FROM due WHERE NOT is_late
    ORDER BY address, priority, due_at, id
), chosen AS (
    SELECT id, state FROM firsts ORDER BY priority, due_at, id LIMIT $2::int
), free AS (
    SELECT d.id FROM chosen JOIN delivery d ON d.id = chosen.id AND d.state = chosen.state FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET state = 'leased', fence = d.fence + 1, owner = $3, lease_until = app_now() + $4::interval,
                      changed_at = app_now()
FROM free, message m WHERE d.id = free.id AND m.id = d.message_id
RETURNING d.id, d.fence, d.address, d.template_key, d.tries, m.title, m.lines, m.fields, m.link
"""

# $1 deliveries, $2 fences, $3 attempt ids, $4 request hashes, $5 owner, $6 half a lease, $7 whole lease,
# $8 whether a consent is needed. Gives the deliveries that may be sent now.
INTEND = """
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::bytea[])
        AS t (delivery_id, fence, attempt_id, request_hash)
), mine AS (
    SELECT d.id, d.fence, d.template_key, d.deadline <= app_now() AS is_late, m.account_id,
           asked.attempt_id, asked.request_hash
    FROM asked JOIN delivery d ON d.id = asked.delivery_id AND d.fence = asked.fence
    JOIN message m ON m.id = d.message_id
    WHERE d.state = 'leased' AND d.owner = $5 AND d.lease_until > app_now() + $6::interval
    ORDER BY d.id FOR UPDATE OF d
), picked AS (
    SELECT mine.id AS delivery_id, oldest.id AS credit_id
    FROM mine CROSS JOIN LATERAL (
        SELECT c.id FROM consent_credit c
        WHERE c.account_id = mine.account_id AND c.template_key = mine.template_key
          AND c.spent_at IS NULL AND c.void_at IS NULL
        ORDER BY c.granted_at, c.id LIMIT 1 FOR UPDATE OF c
    ) oldest
    WHERE $8 AND NOT mine.is_late
), reserved AS (
    -- they are locked and free; to say so again would tempt the planner to read all free ones instead of these
    UPDATE consent_credit c SET delivery_id = picked.delivery_id, spent_at = app_now() FROM picked
    WHERE c.id = picked.credit_id
    RETURNING c.delivery_id
), going AS (
    SELECT * FROM mine WHERE NOT is_late AND (NOT $8 OR id IN (SELECT delivery_id FROM reserved))
), noted AS (
    INSERT INTO attempt (id, delivery_id, fence, request_hash, started_at)
    SELECT attempt_id, id, fence, request_hash, app_now() FROM going
), stopped AS (
    UPDATE delivery d SET state = CASE WHEN mine.is_late THEN 'expired' ELSE 'suppressed' END,
                          reason = CASE WHEN mine.is_late THEN 'deadline' ELSE 'no_consent' END,
                          owner = NULL, lease_until = NULL, changed_at = app_now()
    FROM mine WHERE d.id = mine.id AND NOT EXISTS (SELECT FROM going WHERE going.id = mine.id)
)
UPDATE delivery d SET state = 'sending', tries = d.tries + 1, lease_until = app_now() + $7::interval,
                      changed_at = app_now()
FROM going WHERE d.id = going.id
RETURNING d.id
"""

# $1 deliveries, $2 fences, $3 states, $4 reasons, $5 pauses in seconds, $6 provider's ids, $7 attempt outcomes,
# $8 codes, $9 details, $10 what becomes of the credits, $11 settle time.
# An answer that comes after the sweep gave it up is still the answer, as long as nobody has a newer fence.
RECORD = """
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::float8[], $6::text[], $7::text[],
                         $8::text[], $9::text[], $10::text[])
        AS t (delivery_id, fence, state, reason, pause, provider_id, outcome, code, detail, credit)
), done AS (
    UPDATE delivery d SET
        state = told.state, reason = told.reason, owner = NULL, lease_until = NULL, changed_at = app_now(),
        provider_id = coalesce(nullif(told.provider_id, ''), d.provider_id), is_settled = false,
        due_at = CASE told.state
            WHEN 'retry_wait' THEN least(app_now() + make_interval(secs => told.pause), d.deadline)
            WHEN 'unknown' THEN app_now() + $11::interval
            ELSE app_now() END
    FROM told, message m
    WHERE d.id = told.delivery_id AND d.fence = told.fence AND d.state IN ('sending', 'unknown')
      AND m.id = d.message_id
    RETURNING d.id, d.template_key, m.account_id, told.credit
), ended AS (
    UPDATE attempt a SET ended_at = app_now(), outcome = told.outcome, code = told.code, detail = told.detail
    FROM told, delivery d
    WHERE a.delivery_id = told.delivery_id AND a.fence = told.fence AND (a.outcome IS NULL OR a.outcome = 'unknown')
      AND d.id = a.delivery_id AND d.fence = a.fence
), credits AS (
    UPDATE consent_credit c SET delivery_id = NULL, spent_at = NULL,
                                void_at = CASE WHEN done.credit = 'void' THEN app_now() END
    FROM done
    WHERE (c.delivery_id = done.id AND done.credit IN ('give_back', 'void'))
       OR (done.credit = 'void' AND c.account_id = done.account_id AND c.template_key = done.template_key
           AND c.spent_at IS NULL AND c.void_at IS NULL)
)
SELECT count(*) AS done FROM done
"""

# How many calls of a channel began in the last minute.
USED = """
SELECT count(*) AS used FROM attempt a JOIN delivery d ON d.id = a.delivery_id
WHERE d.channel = $1 AND a.started_at > app_now() - interval '1 minute'
"""

# $1 channel, $2 until. What is due while the provider's minute is used up waits for the next one.
HOLD = """
UPDATE delivery SET state = 'held', due_at = least(app_now() + $2::interval, deadline), changed_at = app_now()
WHERE channel = $1 AND state IN ('planned', 'held', 'ready', 'retry_wait') AND due_at <= app_now()
  AND deadline > app_now()
"""

# $1 settle time. A lease without an intent goes back; an intent without an answer is unknown. The intent and its
# state are written in one statement, so «leased» means that no attempt was made under this fence.
SWEEP = """
WITH lost AS (
    SELECT id, state, fence FROM delivery WHERE state IN ('leased', 'sending') AND lease_until <= app_now()
    ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
), back AS (
    UPDATE delivery d SET state = 'ready', due_at = app_now(), owner = NULL, lease_until = NULL,
                          changed_at = app_now()
    FROM lost WHERE d.id = lost.id AND lost.state = 'leased' RETURNING d.id
), unsure AS (
    UPDATE delivery d SET state = 'unknown', reason = 'no_answer', due_at = app_now() + $1::interval, owner = NULL,
                          lease_until = NULL, changed_at = app_now()
    FROM lost WHERE d.id = lost.id AND lost.state = 'sending' RETURNING d.id, d.fence
), ended AS (
    UPDATE attempt a SET ended_at = app_now(), outcome = 'unknown', code = 'no_answer' FROM unsure
    WHERE a.delivery_id = unsure.id AND a.fence = unsure.fence AND a.outcome IS NULL
)
SELECT (SELECT count(*) FROM back) AS back, (SELECT count(*) FROM unsure) AS unsure
"""

# $1 classes that are sent again, $2 the most tries. The settle time has passed without a receipt.
SETTLE = """
WITH late AS (
    SELECT d.id,
           m.class = ANY($1::text[]) AND d.tries < $2 AND d.deadline > app_now()
           AND EXISTS (SELECT FROM alert a WHERE a.subject_id = m.subject_id AND a.state = 'raised') AS is_again
    FROM delivery d JOIN message m ON m.id = d.message_id
    WHERE d.state = 'unknown' AND NOT d.is_settled AND d.due_at <= app_now()
    ORDER BY d.id LIMIT 1000 FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET state = CASE WHEN late.is_again THEN 'ready' ELSE d.state END, is_settled = NOT late.is_again,
                      changed_at = app_now()
FROM late WHERE d.id = late.id
RETURNING late.is_again
"""

OPEN_RECEIPTS = """
SELECT id, openid, template_key, provider_id, received_at FROM receipt
WHERE delivery_id IS NULL AND received_at > app_now() - interval '1 day'
ORDER BY received_at DESC LIMIT $1
"""

# $1 openids
OPEN_DELIVERIES = """
SELECT d.id, d.address AS openid, d.template_key, coalesce(d.provider_id, '') AS provider_id,
       a.started_at AS began_at
FROM delivery d JOIN attempt a ON a.delivery_id = d.id AND a.fence = d.fence
WHERE d.state IN ('accepted', 'unknown') AND d.address = ANY($1::text[]) AND d.channel = 'wechat_subscribe'
  AND a.started_at > app_now() - interval '3 days'
"""

# $1 receipts, $2 deliveries
APPLY_RECEIPTS = """
WITH pairs AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS t (receipt_id, delivery_id)
), taken AS (
    UPDATE receipt r SET delivery_id = pairs.delivery_id FROM pairs
    WHERE r.id = pairs.receipt_id AND r.delivery_id IS NULL
    RETURNING r.delivery_id, r.is_good, r.code, r.provider_id
)
UPDATE delivery d SET state = CASE WHEN taken.is_good THEN 'delivered' ELSE 'undelivered' END,
                      reason = CASE WHEN taken.is_good THEN '' ELSE 'receipt:' || taken.code END,
                      provider_id = coalesce(d.provider_id, nullif(taken.provider_id, '')), changed_at = app_now()
FROM taken WHERE d.id = taken.delivery_id AND d.state IN ('accepted', 'unknown')
"""
