"""What must hold between the tables of the hub: a sentence, and the query that finds what breaks it.

The first eight stand in invariants.py. I-5 and I-6 need the provider's own ledger too (infra/chaos/ledger.py); I-14 to
I-16, I-18 and I-23 are about what happens under a fault or a load: trials and tests (docs/proof.md).
"""

GRACE = "interval '5 seconds'"  # between the moment of a statement and the commit of another one beside it

_LATEST_LEASE = """
SELECT a.id FROM attempt a JOIN delivery d ON d.id = a.delivery_id WHERE a.fence > d.fence
UNION ALL
SELECT a.id FROM attempt a JOIN delivery d ON d.id = a.delivery_id
WHERE a.outcome = 'accepted' AND d.state NOT IN ('accepted', 'delivered', 'undelivered')
"""

# A way that is delivered by writing it down has no lease and no call.
_WRITTEN_DOWN = """
SELECT d.id, d.state FROM delivery d
WHERE (d.state IN ('sending', 'accepted', 'unknown') OR (d.state IN ('delivered', 'undelivered') AND d.fence > 0))
AND NOT EXISTS (SELECT FROM attempt a WHERE a.delivery_id = d.id)
"""

_CAPPED = """
SELECT s.delivery_id, s.pool FROM contact_slot s
JOIN LATERAL (
    SELECT r.value, r.at FROM routing_setting r WHERE r.name = 'caps' ORDER BY r.version DESC LIMIT 1
) now_in_force ON s.hour > now_in_force.at
CROSS JOIN LATERAL (
    SELECT max((value #>> ARRAY[of_pool, 'hour'])::int) AS hour, max((value #>> ARRAY[of_pool, 'day'])::int) AS day,
           max((value #>> ARRAY[of_pool, 'month'])::int) AS month
    FROM unnest(ARRAY[s.pool, s.pool || '_urgent']) of_pool
) cap
WHERE s.hour_n > cap.hour OR s.day_n > cap.day OR s.month_n > cap.month
"""

_NOT_BEFORE = """
SELECT a.id FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN message m ON m.id = d.message_id
WHERE a.started_at < m.not_before
"""

_NOT_AFTER_A_NO = f"""
SELECT a.id, m.purpose FROM message m JOIN patient p ON p.id = m.patient_id
JOIN delivery d ON d.message_id = m.id JOIN attempt a ON a.delivery_id = d.id
CROSS JOIN LATERAL (
    SELECT c.is_allowed FROM purpose_consent c
    WHERE c.person_id = p.person_id AND c.purpose = m.purpose AND c.at + {GRACE} < a.started_at
    ORDER BY c.id DESC LIMIT 1
) said
WHERE m.purpose NOT IN ('service', 'staff') AND NOT said.is_allowed
"""

_SAME_WORDS = """
SELECT delivery_id FROM attempt GROUP BY delivery_id HAVING count(DISTINCT request_hash) > 1
"""

_NO_MORE_THAN_TAPS = """
SELECT m.account_id, d.template_key, count(*) AS sent FROM delivery d JOIN message m ON m.id = d.message_id
WHERE d.channel = 'wechat_subscribe' AND d.state IN ('sending', 'accepted', 'delivered', 'undelivered', 'unknown')
GROUP BY m.account_id, d.template_key
HAVING count(*) > (SELECT count(*) FROM consent_credit c
                   WHERE c.account_id = m.account_id AND c.template_key = d.template_key)
"""

_AS_THE_RECEIPT_SAYS = """
SELECT r.id, d.state FROM receipt r JOIN delivery d ON d.id = r.delivery_id
WHERE d.state <> CASE WHEN r.is_good THEN 'delivered' ELSE 'undelivered' END
"""

_NO_RECEIPT_LIES_ABOUT = """
SELECT r.id FROM receipt r JOIN delivery d ON d.provider_id = r.provider_id AND d.address = r.openid
WHERE r.delivery_id IS NULL AND r.provider_id <> '' AND d.channel = 'wechat_subscribe'
  AND d.state IN ('accepted', 'unknown') AND greatest(r.received_at, d.changed_at) < app_now() - interval '2 minutes'
"""

_SOME_WAY = """
SELECT m.id, m.event FROM message m
WHERE NOT EXISTS (SELECT FROM any_delivery d WHERE d.message_id = m.id) AND m.skipped = '[]' AND m.next_step_at IS NULL
  AND NOT EXISTS (SELECT FROM digest_item i WHERE i.message_id = m.id)
"""

_NO_CALL_WHILE_OPEN = f"""
SELECT a.id, s.channel FROM channel_state s
JOIN delivery d ON d.channel = s.channel JOIN attempt a ON a.delivery_id = d.id
WHERE s.breaker = 'open' AND a.started_at > s.opened_at + {GRACE} AND a.started_at < s.rests_until
"""

# A call to a person by telephone may follow what nobody knows; another message may not.
_NOT_AFTER_UNKNOWN = """
SELECT later.id FROM delivery d JOIN delivery later ON later.message_id = d.message_id AND later.step > d.step
WHERE d.state = 'unknown' AND later.channel <> 'call_task' AND later.created_at > d.changed_at
  AND EXISTS (SELECT FROM attempt a WHERE a.delivery_id = later.id)
"""

_IN_A_DIGEST = """
SELECT i.message_id FROM digest_item i WHERE i.digest_id IS NULL AND i.created_at < app_now() - interval '2 days'
UNION ALL
SELECT i.message_id FROM digest_item i JOIN digest g ON g.id = i.digest_id
WHERE (i.account_id, i.staff_id) IS DISTINCT FROM (g.account_id, g.staff_id)
UNION ALL
SELECT g.id FROM digest g WHERE NOT g.is_done AND g.message_id IS NULL AND g.due_at < app_now() - interval '1 hour'
"""

_NOT_AFTER_A_STOP = f"""
SELECT a.id FROM enrolment e JOIN plan_step s ON s.enrolment_id = e.id JOIN message m ON m.plan_step_id = s.id
JOIN delivery d ON d.message_id = m.id JOIN attempt a ON a.delivery_id = d.id
WHERE e.state = 'stopped' AND s.cycle = e.cycle AND a.started_at > e.ended_at + {GRACE}
"""

_HAS_A_REASON = """
SELECT id, state FROM delivery
WHERE state IN ('suppressed', 'expired', 'failed', 'cancelled', 'undelivered', 'unknown') AND reason = ''
"""

_ONE_PERSON_ONE_WORD = """
SELECT s.person_id, s.purpose FROM purpose_standing s
CROSS JOIN LATERAL (
    SELECT c.is_allowed FROM purpose_consent c WHERE c.person_id = s.person_id AND c.purpose = s.purpose
    ORDER BY c.id DESC LIMIT 1
) said
WHERE said.is_allowed <> s.is_allowed
"""

PROMISES = (
    ("No answer to an older lease stands in a row, and none forgets that it was taken (I-4)", _LATEST_LEASE),
    ("Whatever has left was written down before it left (I-5)", _WRITTEN_DOWN),
    ("Nobody got more in an hour, a day or 30 days than the caps allow (I-7)", _CAPPED),
    ("Nothing is sent before its moment (I-8)", _NOT_BEFORE),
    ("Nothing is sent after somebody said no to its purpose (I-9)", _NOT_AFTER_A_NO),
    ("What is sent again says what it said at first (I-10)", _SAME_WORDS),
    ("No more subscribe messages left than there were taps (I-11)", _NO_MORE_THAN_TAPS),
    ("A delivery stands where its receipt put it (I-12)", _AS_THE_RECEIPT_SAYS),
    ("A receipt that came early or twice finds its delivery (I-13)", _NO_RECEIPT_LIES_ABOUT),
    ("Every message has a way, or says why it has none (I-17)", _SOME_WAY),
    ("Nothing is called while a breaker is open (I-19)", _NO_CALL_WHILE_OPEN),
    ("Nothing is sent another way while nobody knows about the first (I-20)", _NOT_AFTER_UNKNOWN),
    ("What waits for a digest is in one, of the same person, and the digest is told (I-21)", _IN_A_DIGEST),
    ("Nothing of a plan leaves after the plan was stopped (I-22)", _NOT_AFTER_A_STOP),
    ("What ended without arriving says why (I-24)", _HAS_A_REASON),
    ("Two files of one person have one word about each purpose (I-25)", _ONE_PERSON_ONE_WORD),
)
