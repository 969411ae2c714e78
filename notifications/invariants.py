"""What must hold for the hub at any moment: a sentence, and the query that finds what breaks it."""

_ONCE_TAKEN = """
SELECT delivery_id FROM attempt WHERE outcome = 'accepted' GROUP BY delivery_id HAVING count(*) > 1
"""

_LOOKED_AFTER = """
SELECT d.id, d.state, d.due_at FROM delivery d
WHERE (d.state IN ('planned', 'held', 'ready', 'retry_wait') AND d.due_at < app_now() - interval '10 minutes'
       -- a channel that stood still until just now has much to catch up with
       AND NOT EXISTS (SELECT FROM channel_state s WHERE s.channel = d.channel
                       AND (s.is_paused OR s.breaker <> 'closed' OR s.rests_until > app_now() - interval '10 minutes'
                            OR s.changed_at > app_now() - interval '10 minutes')))
   OR (d.state IN ('leased', 'sending') AND d.lease_until < app_now() - interval '2 minutes')
   OR (d.state = 'unknown' AND NOT d.is_settled AND d.due_at < app_now() - interval '2 minutes')
"""

_PAID_FOR = """
SELECT d.id, d.state FROM delivery d
WHERE d.channel = 'wechat_subscribe' AND d.state IN ('sending', 'accepted', 'delivered', 'undelivered', 'unknown')
  AND NOT EXISTS (SELECT FROM consent_credit c WHERE c.delivery_id = d.id AND c.spent_at IS NOT NULL)
"""

_SPENT_FOR_SOMETHING = """
SELECT c.id FROM consent_credit c JOIN delivery d ON d.id = c.delivery_id
WHERE c.spent_at IS NOT NULL
  AND (d.state NOT IN ('sending', 'accepted', 'delivered', 'undelivered', 'unknown')
       OR d.template_key <> c.template_key)
"""

_TOLD = """
SELECT f.id, f.name FROM fact f
JOIN (VALUES ('AppointmentBooked', 'appointment_booked', 'appointment_id'),
             ('PatientArrived', 'queue_joined', 'ticket_id'),
             ('TicketCalled', 'queue_called', 'ticket_id'),
             ('VisitFinished', 'visit_finished', 'encounter_id'),
             ('SurveyInvited', 'survey_invitation', 'invitation_id')) AS told (name, event, subject)
  ON told.name = f.name
JOIN account a ON a.id = (f.payload ->> 'account_id')::uuid
WHERE f.relayed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM message m WHERE m.subject_id = (f.payload ->> told.subject)::uuid
                  AND m.event = told.event)
"""

_IN_THE_INBOX = """
SELECT m.id FROM message m WHERE m.account_id IS NOT NULL
AND NOT EXISTS (SELECT FROM any_delivery d
                WHERE d.message_id = m.id AND d.channel = 'inbox'
                  AND (d.state = 'delivered' OR d.reason = 'consent_withdrawn'))
"""

_IN_TIME = """
SELECT a.id FROM attempt a JOIN delivery d ON d.id = a.delivery_id WHERE a.started_at > d.deadline
"""

_REMINDED = """
SELECT r.id, r.due_at FROM reminder r WHERE r.state = 'planned' AND r.due_at < app_now() - interval '10 minutes'
"""

INVARIANTS = (
    ("A message is taken by a provider at most once for each way", _ONCE_TAKEN),
    ("Every delivery has ended, or somebody looks at it in time", _LOOKED_AFTER),
    ("Every subscribe message that left has spent a consent", _PAID_FOR),
    ("A consent is spent on one message of its own template, which left", _SPENT_FOR_SOMETHING),
    ("Every fact of which a person must hear has its message", _TOLD),
    ("Every message to an account is in its inbox, unless its person wants none", _IN_THE_INBOX),
    ("Nothing is sent after its deadline", _IN_TIME),
    ("Every reminder whose moment has come is told or called off", _REMINDED),
)
