"""The statements of staff accounts: who there is, their rights, their history."""

LAST_ADMINISTRATOR = "staff_keeps_an_administrator"  # the constraint behind «somebody can always give rights»
USERNAME = "staff_username_key"

# The rights of one account as a list of [role, department, its name].
_ROLES = """
    (SELECT coalesce(json_agg(json_build_array(r.role, r.department_id, d.name) ORDER BY r.role, d.name), '[]')
     FROM staff_role r LEFT JOIN department d ON d.id = r.department_id WHERE r.staff_id = s.id)
"""
SEEN = f"""
SELECT s.id, s.username, s.name, s.active, s.practitioner_id, coalesce(p.name, '') AS practitioner_name,
       coalesce(s.wecom_userid, '') AS wecom_userid, coalesce(s.email, '') AS email, s.phone_cipher, s.version,
       s.one_time_until, s.created_at, s.locked_until > app_now() AS is_locked, {_ROLES} AS roles,
       (SELECT count(*) FROM login l WHERE l.staff_id = s.id AND l.revoked_at IS NULL AND l.expires_at > app_now())
           AS sessions,
       (SELECT max(l.created_at) FROM login l WHERE l.staff_id = s.id) AS signed_in_at
FROM staff s LEFT JOIN practitioner p ON p.id = s.practitioner_id
"""
# $1 words, $2 role, $3 department, $4 active, $5 after, $6 limit
PAGE = (
    SEEN
    + """
WHERE position(lower($1) IN lower(s.username || ' ' || s.name)) > 0 AND ($4::boolean IS NULL OR s.active = $4)
  AND (($2::text IS NULL AND $3::uuid IS NULL) OR EXISTS (
      SELECT FROM staff_role r WHERE r.staff_id = s.id AND ($2::text IS NULL OR r.role = $2)
      AND ($3::uuid IS NULL OR r.department_id = $3)))
  AND ($5::uuid IS NULL OR s.username > (SELECT username FROM staff WHERE id = $5))
ORDER BY s.username LIMIT $6
"""
)
ONE = SEEN + "WHERE s.id = $1"
LOCK = "SELECT version FROM staff WHERE id = $1 FOR UPDATE"
INSERT = """
INSERT INTO staff (id, username, name, password_hash, practitioner_id, wecom_userid, email, phone_cipher,
                   one_time_until, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, app_now() + $9::interval, app_now())
"""
RAISE = "UPDATE staff SET version = version + 1 WHERE id = $1"
SWITCH = "UPDATE staff SET active = $2, version = version + 1 WHERE id = $1"
GIVE_PASSWORD = """
UPDATE staff SET password_hash = $2, one_time_until = app_now() + $3::interval, failed_logins = 0, locked_until = NULL,
       version = version + 1
WHERE id = $1
"""
# Whose password was looked at before: $3 what it was.
OWN_PASSWORD = """
UPDATE staff SET password_hash = $2, one_time_until = NULL, failed_logins = 0, locked_until = NULL,
       version = version + 1
WHERE id = $1 AND password_hash = $3 AND active RETURNING id
"""
GRANTS = "SELECT role, department_id FROM staff_role WHERE staff_id = $1"
GRANT = "INSERT INTO staff_role (id, staff_id, role, department_id) VALUES ($1, $2, $3, $4)"
TAKE = "DELETE FROM staff_role WHERE staff_id = $1 AND role = $2 AND department_id IS NOT DISTINCT FROM $3"
DEPARTMENTS = "SELECT id FROM department WHERE id = ANY($1::uuid[]) AND active"
PRACTITIONER = "SELECT id FROM practitioner WHERE id = $1 AND active"

# What lies in somebody's hands; it stays there when they are switched off, for others to hand over.
HANDS = """
SELECT (SELECT count(*) FROM complaint c WHERE c.handler_id = $1 AND c.closed_at IS NULL) AS complaints,
       (SELECT count(*) FROM call_task t WHERE t.claimed_by = $1 AND t.state = 'claimed'
        AND t.claim_until >= app_now()) AS calls,
       (SELECT count(DISTINCT (d.level, d.weekday)) FROM duty d WHERE d.staff_id = $1) AS duties
"""
INSERT_CHANGE = """
INSERT INTO staff_change (id, staff_id, act, before, after, by_id, why, at)
VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, app_now())
"""
# $1 whose, $2 after, $3 limit
CHANGES = """
SELECT c.id, c.act, c.before, c.after, c.why, c.at, coalesce(s.name, '') AS by_name
FROM staff_change c LEFT JOIN staff s ON s.id = c.by_id
WHERE c.staff_id = $1 AND ($2::uuid IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3
"""


def update(columns: tuple[str, ...]) -> str:
    """Give the statement that changes these columns of an account: $1 id."""
    return f"UPDATE staff SET {', '.join(f'{name} = ${n}' for n, name in enumerate(columns, start=2))} WHERE id = $1"
