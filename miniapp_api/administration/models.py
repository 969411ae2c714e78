"""The catalogue as administrators see and write it: statements by kind, what uses a thing, who changed what.

Locks are taken in this order: the catalogue's, the plan's, the row.
"""

from dataclasses import dataclass

# One writer of the catalogue at a time, an import among them.
LOCK = "SELECT pg_advisory_xact_lock(7402116)"

TREE = "department_tree"  # the constraint behind «nobody stands above themselves»
CODES = frozenset({"campus_code_key", "department_code_key", "practitioner_code_key", "room_code_key"})


@dataclass(frozen=True)
class Kind:
    """A kind of thing with a code.

    read: gives its rows, with `words` to look in, `home_id` (the department whose administrator may keep it, null: the
    whole hospital's) and `is_active`. recorded: the columns that the history keeps.
    """

    name: str
    read: str
    recorded: tuple[str, ...]

    @property
    def one(self) -> str:
        """Give the statement that reads one row."""
        return f"SELECT * FROM ({self.read}) AS it WHERE id = $1"

    @property
    def page(self) -> str:
        """Give the statement of a list: $1 in use or not, $2 words, $3 homes, $4 department, $5 after, $6 limit."""
        return (
            f"SELECT * FROM ({self.read}) AS it WHERE ($1::boolean IS NULL OR is_active = $1)"
            " AND position(lower($2) IN lower(words)) > 0 AND ($3::uuid[] IS NULL OR home_id = ANY($3))"
            " AND ($4::uuid IS NULL OR home_id = $4)"
            f" AND ($5::uuid IS NULL OR code > (SELECT code FROM {self.name} WHERE id = $5)) ORDER BY code LIMIT $6"
        )

    def insert(self, columns: tuple[str, ...]) -> str:
        """Give the statement that makes a row from these columns."""
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        return f"INSERT INTO {self.name} ({', '.join(columns)}) VALUES ({places})"

    def update(self, columns: tuple[str, ...]) -> str:
        """Give the statement that changes these columns: $1 id, $2 the version that was seen."""
        changes = "".join(f"{column} = ${n}, " for n, column in enumerate(columns, start=3))
        return f"UPDATE {self.name} SET {changes}version = version + 1 WHERE id = $1 AND version = $2 RETURNING id"


CAMPUS = Kind(
    "campus",
    "SELECT c.id, c.code, c.name, c.address, c.directions, c.version, NULL::uuid AS home_id, true AS is_active,"
    " c.code || ' ' || c.name AS words,"
    " (SELECT count(*) FROM department d WHERE d.campus_id = c.id AND d.active) AS departments FROM campus c",
    ("code", "name", "address", "directions"),
)
DEPARTMENT = Kind(
    "department",
    "SELECT d.id, d.code, d.name, d.parent_id, coalesce(p.name, '') AS parent_name, d.campus_id, c.name AS campus_name,"
    " d.speciality_code, d.ticket_prefix, d.location, d.introduction, d.aliases, d.check_in_opens_minutes,"
    " d.check_in_closes_minutes, d.no_show_grace_minutes, d.service_minutes, d.survey_delay_minutes, d.active,"
    " d.version, d.id AS home_id, d.active AS is_active,"
    " concat_ws(' ', d.code, d.name, d.pinyin, d.initials, array_to_string(d.aliases, ' ')) AS words"
    " FROM department d JOIN campus c ON c.id = d.campus_id LEFT JOIN department p ON p.id = d.parent_id",
    (
        "code",
        "name",
        "parent_id",
        "campus_id",
        "speciality_code",
        "ticket_prefix",
        "location",
        "introduction",
        "aliases",
        "check_in_opens_minutes",
        "check_in_closes_minutes",
        "no_show_grace_minutes",
        "service_minutes",
        "survey_delay_minutes",
        "active",
    ),
)
PRACTITIONER = Kind(
    "practitioner",
    "SELECT p.id, p.code, p.name, p.title, p.department_id, d.name AS department_name, p.specialities, p.introduction,"
    " p.languages, p.photo, p.gender, p.active, p.version, p.department_id AS home_id, p.active AS is_active,"
    " d.active AS above_active, concat_ws(' ', p.code, p.name, p.pinyin, p.initials) AS words"
    " FROM practitioner p JOIN department d ON d.id = p.department_id",
    (
        "code",
        "name",
        "title",
        "department_id",
        "specialities",
        "introduction",
        "languages",
        "photo",
        "gender",
        "active",
    ),
)
ROOM = Kind(
    "room",
    "SELECT r.id, r.code, r.name, r.department_id, d.name AS department_name, r.location, r.state, r.active, r.version,"
    " r.department_id AS home_id, r.active AS is_active, d.active AS above_active, r.code || ' ' || r.name AS words"
    " FROM room r JOIN department d ON d.id = r.department_id",
    ("code", "name", "department_id", "location", "active"),
)
KINDS = {kind.name: kind for kind in (CAMPUS, DEPARTMENT, PRACTITIONER, ROOM)}

PREFIXES = "SELECT id, ticket_prefix FROM department WHERE $1::uuid IS NULL OR id <> $1"
CAMPUSES = "SELECT id FROM campus ORDER BY code"
IN_USE = {"department": "SELECT FROM department WHERE id = $1 AND active"}


def use_of(kind: str) -> str:
    """Give the statement that counts what uses a department, practitioner or room: $1 id, $2 today."""
    column = f"{kind}_id"
    below = "SELECT count(*) FROM department d WHERE d.parent_id = $1 AND d.active" if kind == "department" else "0"
    to_come = f"s.{column} = $1 AND s.ends_at > app_now()"
    by_hand = "s.schedule_rule_id IS NULL AND s.exception_id IS NULL"
    return f"""
    SELECT
        (SELECT count(*) FROM session s JOIN appointment a ON a.session_id = s.id WHERE {to_come}
            AND a.status IN ('held', 'booked', 'checked_in', 'in_service'))
        + (SELECT coalesce(sum(slot.kept), 0) FROM session s JOIN slot ON slot.session_id = s.id
            WHERE {to_come}) AS bookings,
        (SELECT count(*) FROM session s WHERE {to_come} AND s.status = 'open' AND {by_hand}) AS sessions_by_hand,
        (SELECT count(*) FROM schedule_rule r WHERE r.{column} = $1 AND r.active
            AND (r.valid_until IS NULL OR r.valid_until >= $2))
        + (SELECT count(*) FROM schedule_exception e WHERE e.{column} = $1 AND e.active AND e.kind = 'extra'
            AND e.last_day >= $2) AS schedules,
        ({below}) AS departments,
        (SELECT count(*) FROM ticket t WHERE t.{column} = $1 AND t.day = $2
            AND t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')) AS tickets,
        (SELECT count(*) FROM session s WHERE {to_come} AND s.status = 'open'
            AND NOT EXISTS (SELECT FROM slot WHERE slot.session_id = s.id AND slot.taken > 0)) AS sessions_free
    """


ROOMS_SESSIONS = "SELECT FROM session WHERE room_id = $1 AND ends_at > app_now() AND status = 'open' LIMIT 1"

HOSPITAL = (
    "SELECT id, name, address, landmarks, bus_routes, phone, emergency_phone, opening_hours, services,"
    " emergency_hours, price_notes, latitude, longitude, version FROM hospital"
)
PRICES = (
    "SELECT p.id, p.visit_type, p.department_id, coalesce(d.name, '') AS department_name, p.title, p.price_fen,"
    " p.version FROM price p LEFT JOIN department d ON d.id = p.department_id"
)
PRICE_OF = (
    f"{PRICES} WHERE p.visit_type = $1 AND p.department_id IS NOT DISTINCT FROM $2 AND p.title IS NOT DISTINCT FROM $3"
)
WRITE_PRICE = (
    "INSERT INTO price AS old (id, visit_type, department_id, title, price_fen) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT ON CONSTRAINT price_once DO UPDATE SET price_fen = excluded.price_fen, version = old.version + 1"
    " RETURNING id"
)

INSERT_CHANGE = (
    "INSERT INTO catalogue_change (id, subject, subject_id, act, before, after, by_id, channel, why, at)"
    " VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8, $9, app_now())"
)
CHANGES_OF = (
    "SELECT c.id, c.act, c.before, c.after, c.channel, c.why, c.at, coalesce(s.name, '') AS by_name"
    " FROM catalogue_change c LEFT JOIN staff s ON s.id = c.by_id"
    " WHERE c.subject = $1 AND ($2::uuid IS NULL OR c.subject_id = $2) AND ($3::uuid IS NULL OR c.id < $3)"
    " ORDER BY c.id DESC LIMIT $4"
)
