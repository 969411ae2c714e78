"""The statements of the outbox, each one whole step for a batch. Only rows of the caller's own fence are changed."""

# One claim at a time for a channel (an advisory lock of a few milliseconds), so that two workers never pick two
# messages for the same address: the platform refuses two calls for one person at a time (43108).
LOCK_CLAIMS = "SELECT pg_advisory_xact_lock($1, hashtext($2))"

# What is due and may be taken: `free`, locked. $1 channel, $2 $3 $4 how many of the urgent, the near and the bulk.
# Each lane is a range of the index of its own, so that what is planned for later is never read. Looks at some more rows
# than it has room for, since only one of each address goes. Written so that no plan can be made for the few rows
# that wait in a quiet hour and then read all that wait in a burst: OFFSET 0 keeps the look for a busy address a look
# into the index; rows are found again by id and the state that was seen, which no partial index can claim to answer;
# the index of deadlines asks for the state in words of its own (0047), so that only EXPIRE reads it.
_DUE = """
WITH due AS (
    SELECT one.* FROM generate_series(0, CASE WHEN $4::int > 0 THEN 2 WHEN $3::int > 0 THEN 1 ELSE 0 END) AS lane
    CROSS JOIN LATERAL (
        SELECT d.id, d.state, d.address, d.priority, d.due_at FROM delivery d
        WHERE d.channel = $1 AND d.priority = lane
          AND d.state IN ('planned', 'held', 'ready', 'retry_wait') AND d.due_at <= app_now()
          AND d.deadline > app_now()
          AND NOT EXISTS (SELECT FROM delivery b WHERE b.channel = d.channel AND b.address = d.address
                          AND b.state IN ('leased', 'sending') OFFSET 0)
        ORDER BY d.due_at, d.id LIMIT $2::int * 5 / 4 + 20
    ) one
    ORDER BY one.priority, one.due_at, one.id LIMIT $2::int * 5 / 4 + 20
), firsts AS (
    SELECT DISTINCT ON (address) id, state, priority, due_at FROM due ORDER BY address, priority, due_at, id
), ranked AS (
    SELECT id, state, priority, row_number() OVER (ORDER BY priority, due_at, id) AS place FROM firsts
), free AS (
    SELECT own.* FROM ranked CROSS JOIN LATERAL (
        SELECT d.* FROM delivery d WHERE d.id = ranked.id AND d.state = ranked.state FOR UPDATE OF d SKIP LOCKED
    ) own
    WHERE ranked.place <= CASE WHEN ranked.priority <= 0 THEN $2::int WHEN ranked.priority = 1 THEN $3::int
                               ELSE $4::int END
)"""

# What a message says; a channel may have words of its own.
_TITLE = "coalesce(m.texts -> d.channel ->> 'title', m.title)"
_LINES = "coalesce(m.texts -> d.channel -> 'lines', m.lines)"
_FIELDS = "coalesce(m.texts -> d.channel -> 'fields', m.fields)"

# The last look at what a message says: the reminder of a visit that is no longer expected stays, also when nobody has
# heard yet that it was given back; so does what was to be told to somebody who no longer waits, who withdrew a consent,
# or whose plan was stopped.
_STAYS = "CASE WHEN d.deadline <= app_now() THEN 'deadline' ELSE message_stays(m) END"

# What goes to the provider, so that nobody doubts later that every try said the same.
_REQUEST_HASH = f"""sha256(convert_to(
    concat_ws(chr(31), d.channel, d.address, d.template_key, m.link, {_TITLE}, {_LINES}, {_FIELDS}), 'UTF8'))"""

# From `mine` on: what may be sent now is «sending», with its attempt written down and its consent spent, all in this
# statement; what may not says why. $5 owner, $6 lease, $7 whether a consent is needed. Each row is found by its id:
# «= ANY» leaves no other plan, where a join could read the whole table for a batch.
_INTENDED = """, picked AS (
    -- beside each its credit, never joined with all others of the batch
    SELECT mine.*, oldest.id AS credit_id, row_number() OVER (PARTITION BY oldest.id ORDER BY mine.id) AS turn,
           oldest.id IS NOT NULL AND credit_is_kept(mine.account_id, mine.template_key, mine.event) AS is_kept
    FROM mine LEFT JOIN LATERAL (
        SELECT c.id FROM consent_credit c
        WHERE c.account_id = mine.account_id AND c.template_key = mine.template_key
          AND c.spent_at IS NULL AND c.void_at IS NULL
        ORDER BY c.granted_at, c.id LIMIT 1 FOR UPDATE OF c
    ) oldest ON $7 AND mine.stays IS NULL
), fates AS (
    SELECT picked.*, CASE WHEN stays IS NOT NULL THEN stays
                          WHEN $7 AND (credit_id IS NULL OR turn > 1) THEN 'no_consent'
                          WHEN $7 AND is_kept THEN 'credit_kept' END AS reason
    FROM picked
), reserved AS (
    -- they are locked and free; to say so again would tempt the planner to read all free ones instead of these
    UPDATE consent_credit c SET delivery_id = fates.id, spent_at = app_now() FROM fates
    WHERE c.id = fates.credit_id AND fates.reason IS NULL
), noted AS (
    INSERT INTO attempt (id, delivery_id, fence, request_hash, started_at)
    SELECT attempt_id, id, fence, request_hash, app_now() FROM fates WHERE reason IS NULL
)
UPDATE delivery d SET
    state = CASE WHEN fates.reason IS NULL THEN 'sending'
                 WHEN fates.reason = 'deadline' THEN 'expired'
                 WHEN fates.reason IN ('no_consent', 'credit_kept', 'consent_withdrawn') THEN 'suppressed'
                 ELSE 'cancelled' END,
    reason = coalesce(fates.reason, ''), changed_at = app_now(), fence = fates.fence,
    tries = CASE WHEN fates.reason IS NULL THEN d.tries + 1 ELSE d.tries END,
    owner = CASE WHEN fates.reason IS NULL THEN $5 END,
    lease_until = CASE WHEN fates.reason IS NULL THEN app_now() + $6::interval END
FROM fates WHERE d.id = ANY (ARRAY[fates.id])
"""

# CLAIM and INTEND in one: a delivery that is due is on its way when this commits, or has ended. $8 attempt ids.
TAKE = f"""{_DUE}, mine AS (
    SELECT d.id, d.fence + 1 AS fence, d.address, d.template_key, d.tries, d.priority, m.account_id, m.event, m.link,
           {_TITLE} AS title, {_LINES} AS lines, {_FIELDS} AS fields,
           ($8::uuid[])[row_number() OVER ()] AS attempt_id, {_REQUEST_HASH} AS request_hash, {_STAYS} AS stays
    FROM free d JOIN message m ON m.id = ANY (ARRAY[d.message_id])
){_INTENDED}RETURNING d.id, d.state, d.fence, fates.address, fates.template_key, fates.tries, fates.priority,
          fates.event, fates.link, fates.title, fates.lines, fates.fields
"""

# The same in two steps, for a batch in which something cannot be written: what is claimed and never intended keeps its
# lease and holds up nobody. $5 owner, $6 lease.
CLAIM = f"""{_DUE}
UPDATE delivery d SET state = 'leased', fence = d.fence + 1, owner = $5, lease_until = app_now() + $6::interval,
                      changed_at = app_now()
FROM free, message m WHERE d.id = ANY (ARRAY[free.id]) AND m.id = ANY (ARRAY[d.message_id])
RETURNING d.id, d.state, d.fence, d.address, d.template_key, d.tries, d.priority, m.event, m.link,
          {_TITLE} AS title, {_LINES} AS lines, {_FIELDS} AS fields
"""

# $1 deliveries, $2 fences, $3 attempt ids, $4 half a lease. Gives what has become of each.
INTEND = f"""
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS t (delivery_id, fence, attempt_id)
), mine AS (
    SELECT d.id, d.fence, d.template_key, m.account_id, m.event, asked.attempt_id,
           {_REQUEST_HASH} AS request_hash, {_STAYS} AS stays
    FROM asked CROSS JOIN LATERAL (
        -- OFFSET 0: each is found by its id, never by reading all that are in flight
        SELECT d.* FROM delivery d WHERE d.id = asked.delivery_id FOR UPDATE OF d OFFSET 0
    ) d JOIN message m ON m.id = d.message_id
    WHERE d.fence = asked.fence AND d.state = 'leased' AND d.owner = $5 AND d.lease_until > app_now() + $4::interval
){_INTENDED}RETURNING d.id, d.state
"""

# $1 deliveries, $2 fences, $3 provider's ids, $4 which of the kinds each is, counted from 1. Of each kind: $5 states,
# $6 reasons, $7 pauses in seconds, $8 attempt outcomes, $9 codes, $10 details, $11 what becomes of the credits,
# $12 tries that do not count. $13 settle time.
# An answer that comes after the sweep gave it up is still the answer, as long as nobody has a newer fence; that it was
# taken is so even where it was to be sent again and nobody has taken it for that yet. An attempt gets its outcome
# together with its delivery, or when a receipt has told of that before: never one without the other. The state is asked
# for so that no partial index can answer: each row is found by its id.
RECORD = """
WITH told AS (
    SELECT one.*, kind.* FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[])
        AS one (delivery_id, fence, provider_id, number)
    JOIN unnest($5::text[], $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[], $11::text[], $12::int[])
        WITH ORDINALITY AS kind (state, reason, pause, outcome, code, detail, credit, tries, ordinal)
        ON kind.ordinal = one.number
), done AS (
    UPDATE delivery d SET
        state = told.state, reason = told.reason, owner = NULL, lease_until = NULL, changed_at = app_now(),
        provider_id = coalesce(nullif(told.provider_id, ''), d.provider_id), is_settled = false,
        tries = greatest(d.tries - told.tries, 0),
        due_at = CASE told.state
            WHEN 'retry_wait' THEN least(app_now() + make_interval(secs => told.pause), d.deadline)
            WHEN 'unknown' THEN app_now() + $13::interval
            ELSE app_now() END
    FROM told
    WHERE d.id = ANY (ARRAY[told.delivery_id]) AND d.fence = told.fence
      AND (d.state || '' IN ('sending', 'unknown') OR told.state = 'accepted' AND d.state || '' IN ('ready', 'held'))
    RETURNING d.id, d.template_key, d.message_id, told.credit
), ended AS (
    UPDATE attempt a SET ended_at = app_now(), outcome = told.outcome, code = told.code, detail = told.detail
    FROM told, delivery d
    WHERE a.delivery_id = ANY (ARRAY[told.delivery_id]) AND a.fence = told.fence
      AND coalesce(a.outcome, 'unknown') = 'unknown'
      AND d.id = ANY (ARRAY[told.delivery_id]) AND d.fence = told.fence
      AND (d.id IN (SELECT id FROM done) OR d.state || '' IN ('accepted', 'delivered', 'undelivered'))
), credits AS (
    UPDATE consent_credit c SET delivery_id = NULL, spent_at = NULL,
                                void_at = CASE WHEN done.credit = 'void' THEN app_now() END
    FROM done JOIN message m ON m.id = done.message_id
    WHERE done.credit <> 'keep'
      AND ((c.delivery_id = done.id AND done.credit IN ('give_back', 'void'))
           OR (done.credit = 'void' AND c.account_id = m.account_id AND c.template_key = done.template_key
               AND c.spent_at IS NULL AND c.void_at IS NULL))
)
SELECT count(*) AS done FROM done
"""

# What is too late and waits, on any channel, also on one that rests.
EXPIRE = """
WITH late AS (
    SELECT d.id FROM delivery d
    WHERE d.state || '' IN ('planned', 'held', 'ready', 'retry_wait') AND d.deadline <= app_now()
    ORDER BY d.deadline LIMIT 1000 FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET state = 'expired', reason = 'deadline', changed_at = app_now()
FROM late WHERE d.id = late.id RETURNING d.id
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

# $1 classes that are sent again, $2 the most tries, $3 channels whose provider knows our key, $4 for how long it does,
# $5 a lease, $6 channels that are asked, $7 how long before its deadline somebody calls, $8 how long they are asked.
# The settle time has passed without a receipt. «again»: twice is harmless, or the provider takes it for the first one;
# then it must leave while the provider remembers, so its deadline is cut. «wait»: a receipt may still come. «call»:
# somebody calls the patient, who has not read it and was not told by another way. «settled»: nothing more is done.
SETTLE = """
WITH late AS (
    SELECT d.id, m.id AS message_id, m.patient_id, m.title, d.deadline, first.at AS first_at,
           memory.lasts AS remembered,
           d.tries < $2 AND d.deadline > app_now() AS is_possible,
           m.class = ANY($1::text[])
           AND EXISTS (SELECT FROM alert a WHERE a.subject_id = m.subject_id AND a.state = 'raised') AS is_harmless,
           coalesce(first.at + memory.lasts - $5::interval > app_now(), false) AS is_remembered,
           m.class IN ('visit', 'follow_up') AND m.patient_id IS NOT NULL AS is_called,
           d.priority = 0 AND m.purpose = 'clinical' AND m.patient_id IS NOT NULL AS is_grave,
           m.read_at IS NOT NULL OR message_stays(m) IS NOT NULL
           OR EXISTS (SELECT FROM delivery o WHERE o.message_id = m.id AND o.id <> d.id AND o.channel <> 'inbox'
                      AND o.state IN ('accepted', 'delivered')) AS is_told
    FROM delivery d JOIN message m ON m.id = d.message_id
    CROSS JOIN LATERAL (SELECT min(a.started_at) AS at FROM attempt a WHERE a.delivery_id = d.id) first
    LEFT JOIN unnest($3::text[], $4::interval[]) AS memory (channel, lasts) ON memory.channel = d.channel
    WHERE d.state = 'unknown' AND NOT d.is_settled AND d.due_at <= app_now()
      AND NOT (d.channel = ANY($6::text[]) AND first.at > app_now() - $8::interval AND d.deadline > app_now())
    ORDER BY d.id LIMIT 1000 FOR UPDATE OF d SKIP LOCKED
), decided AS (
    SELECT late.*, CASE
        WHEN is_possible AND (is_harmless OR is_remembered) THEN 'again'
        WHEN is_grave AND NOT is_told THEN 'call'
        WHEN NOT is_called OR is_told OR first_at + interval '2 minutes' > deadline - $7::interval THEN 'settled'
        WHEN deadline - $7::interval > app_now() THEN 'wait'
        WHEN deadline > app_now() THEN 'call' ELSE 'settled' END AS what
    FROM late
)
UPDATE delivery d SET
    state = CASE WHEN decided.what = 'again' THEN 'ready' ELSE d.state END,
    is_settled = decided.what IN ('call', 'settled'),
    due_at = CASE decided.what WHEN 'again' THEN app_now() WHEN 'wait' THEN d.deadline - $7::interval
                               ELSE d.due_at END,
    deadline = CASE WHEN decided.what = 'again' AND decided.is_remembered AND NOT decided.is_harmless
                    THEN least(d.deadline, decided.first_at + decided.remembered - $5::interval)
                    ELSE d.deadline END,
    changed_at = app_now()
FROM decided WHERE d.id = decided.id
RETURNING decided.what, decided.message_id, decided.patient_id, decided.title, decided.deadline
"""

# $1 channels that can be asked, $2 how many, $3 for how long they are asked. When the first call began.
TO_ASK = """
SELECT d.id, d.channel, d.address, d.fence, first.at AS began_at FROM delivery d
CROSS JOIN LATERAL (SELECT min(a.started_at) AS at FROM attempt a WHERE a.delivery_id = d.id) first
WHERE d.state = 'unknown' AND NOT d.is_settled AND d.due_at <= app_now() AND d.channel = ANY($1::text[])
  AND first.at > app_now() - $3::interval AND d.deadline > app_now()
ORDER BY d.due_at, d.id LIMIT $2
"""

# $1 deliveries, $2 fences, $3 what the provider said: taken, absent, or silent, $4 the most tries, $5 until it is asked
# again, $6 until then it may still be on its way there. What it has is taken; what it surely has not goes again, with
# the same key.
ASKED = """
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]) AS t (delivery_id, fence, word)
), mine AS (
    SELECT d.id, d.fence, CASE
        WHEN told.word = 'absent' AND last.at > app_now() - $6::interval THEN 'silent'
        WHEN told.word = 'absent' AND d.tries >= $4 THEN 'failed' ELSE told.word END AS word
    FROM told JOIN delivery d ON d.id = told.delivery_id AND d.fence = told.fence AND d.state || '' = 'unknown'
    CROSS JOIN LATERAL (SELECT max(a.started_at) AS at FROM attempt a WHERE a.delivery_id = d.id) last
    ORDER BY d.id FOR UPDATE OF d
), noted AS (
    UPDATE attempt a SET outcome = CASE mine.word WHEN 'taken' THEN 'accepted' ELSE 'retry' END,
                         code = CASE mine.word WHEN 'taken' THEN 'found' ELSE 'absent' END
    FROM mine WHERE a.delivery_id = mine.id AND a.fence = mine.fence AND mine.word <> 'silent'
      AND coalesce(a.outcome, 'unknown') = 'unknown'
)
UPDATE delivery d SET
    state = CASE mine.word WHEN 'taken' THEN 'accepted' WHEN 'absent' THEN 'ready' WHEN 'failed' THEN 'failed'
                           ELSE d.state END,
    reason = CASE mine.word WHEN 'taken' THEN '' WHEN 'absent' THEN '' WHEN 'failed' THEN 'absent' ELSE d.reason END,
    due_at = CASE mine.word WHEN 'silent' THEN app_now() + $5::interval ELSE app_now() END,
    changed_at = app_now()
FROM mine WHERE d.id = mine.id
RETURNING d.id, mine.word
"""

OPEN_RECEIPTS = """
SELECT id, openid, template_key, provider_id, received_at FROM receipt
WHERE delivery_id IS NULL AND received_at > app_now() - interval '1 day'
ORDER BY received_at DESC LIMIT $1
"""

# $1 openids
OPEN_DELIVERIES = """
SELECT d.id, d.address AS openid, d.template_key, coalesce(d.provider_id, '') AS provider_id,
       a.started_at AS began_at, false AS is_under_way, d.state = 'accepted' AS is_taken
FROM delivery d JOIN attempt a ON a.delivery_id = d.id AND a.fence = d.fence
WHERE d.state IN ('accepted', 'unknown') AND d.address = ANY($1::text[]) AND d.channel = 'wechat_subscribe'
  AND a.started_at > app_now() - interval '3 days'
UNION ALL
SELECT d.id, d.address, d.template_key, coalesce(d.provider_id, ''), a.started_at, true, false
FROM delivery d JOIN attempt a ON a.delivery_id = d.id AND a.fence = d.fence
WHERE d.state = 'sending' AND d.address = ANY($1::text[]) AND d.channel = 'wechat_subscribe'
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
