"""The statements of scores: counting an answer and taking it back, publishing, and what screens read."""

from satisfaction.scores.rules import BINS, Figures

C = tuple(f"c{value}" for value in range(BINS))
NAMES = ("offered", "answered", "not_applicable", *C, "total", "squares")
FIGURES = ", ".join(NAMES)
_BINS = ", ".join(f"(p.bin IS NOT DISTINCT FROM {value}::smallint)::integer AS {name}" for value, name in enumerate(C))


def _more(table: str, sign: str, other: str) -> str:
    return ", ".join(f"{name} = {table}.{name} {sign} {other}.{name}" for name in NAMES)


# What one response adds, in the order in which everybody locks. $1 response
_PARTS = f"""
r AS (SELECT * FROM response WHERE id = $1),
part AS MATERIALIZED (
    SELECT p.item, p.dimension, p.scale, 1 AS offered, p.answered, p.not_applicable, {_BINS}, p.score AS total,
        p.score * p.score AS squares
    FROM score_part p WHERE p.response_id = $1
),
person AS MATERIALIZED (SELECT DISTINCT role, practitioner_id, staff_id FROM response_person WHERE response_id = $1)
"""
_CELL = "day, department_id, kind, mode, item, dimension, scale"
_PERSON_CELL = "month, role, practitioner_id, staff_id, item, dimension, scale"

# Counts a response: its cells, those of the people it is about, and the look of the signals. $1 response
COUNT = f"""
WITH {_PARTS},
cells AS (
    INSERT INTO score_cell AS c ({_CELL}, {FIGURES})
    SELECT r.answered_on, r.department_id, r.kind, r.mode, part.* FROM r, part ORDER BY item, scale
    ON CONFLICT ON CONSTRAINT score_cell_once DO UPDATE SET {_more("c", "+", "excluded")}
),
people AS (
    INSERT INTO score_person_cell AS c ({_PERSON_CELL}, {FIGURES})
    SELECT date_trunc('month', r.answered_on)::date, person.*, part.* FROM r, person, part
    ORDER BY practitioner_id, staff_id, role, item, scale
    ON CONFLICT ON CONSTRAINT score_person_cell_once DO UPDATE SET {_more("c", "+", "excluded")}
)
INSERT INTO signal_todo (response_id) SELECT id FROM r WHERE department_id IS NOT NULL
ON CONFLICT ON CONSTRAINT signal_todo_pkey DO NOTHING
"""

# Takes a response out again, before its answers are replaced. $1 response
UNCOUNT = f"""
WITH {_PARTS},
cell AS MATERIALIZED (
    SELECT c.ctid AS place FROM score_cell c, r
    WHERE c.day = r.answered_on AND c.department_id IS NOT DISTINCT FROM r.department_id AND c.kind = r.kind
        AND c.mode = r.mode
    ORDER BY c.item, c.scale FOR NO KEY UPDATE OF c
),
cells AS (
    UPDATE score_cell c SET {_more("c", "-", "part")} FROM r, part, (SELECT count(*) FROM cell) locked
    WHERE c.day = r.answered_on AND c.department_id IS NOT DISTINCT FROM r.department_id AND c.kind = r.kind
        AND c.mode = r.mode AND (c.item, c.dimension, c.scale) = (part.item, part.dimension, part.scale)
)
UPDATE score_person_cell c SET {_more("c", "-", "part")} FROM r, person, part
WHERE c.month = date_trunc('month', r.answered_on)::date AND c.role = person.role
    AND c.practitioner_id IS NOT DISTINCT FROM person.practitioner_id
    AND c.staff_id IS NOT DISTINCT FROM person.staff_id
    AND (c.item, c.dimension, c.scale) = (part.item, part.dimension, part.scale)
"""


def _differs(cells: str, recount: str, key: tuple[str, ...]) -> str:
    same = " AND ".join(f"c.{name} IS NOT DISTINCT FROM o.{name}" for name in key)
    what = ", ".join(f"coalesce({{0}}.{name}, 0)" for name in NAMES)
    return (
        f"SELECT coalesce(c.item, o.item) AS item FROM {cells} c FULL JOIN {recount} o ON {same}"
        f" WHERE ({what.format('c')}) IS DISTINCT FROM ({what.format('o')})"
    )


# A full join needs keys that can be hashed: what may be null is compared as text.
def _as_text(source: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f"coalesce({name}::text, '') AS {name}" for name in names)
    return f"(SELECT {columns}, {FIGURES} FROM {source})"


_DAY_KEY = ("day", "department_id", "kind", "mode", "item", "dimension", "scale")
_PERSON_KEY = ("month", "role", "practitioner_id", "staff_id", "item", "dimension", "scale")


def _equal(cells: str, recount: str, key: tuple[str, ...]) -> str:
    return _differs(_as_text(cells, key), _as_text(recount, key), key).replace(
        " IS NOT DISTINCT FROM ", " = ", len(key)
    )


CELLS_DIFFER = _equal("score_cell", "score_recount", _DAY_KEY)
PERSON_CELLS_DIFFER = _equal("score_person_cell", "score_person_recount", _PERSON_KEY)

# ---- publication -------------------------------------------------------------------------------------------------

FIRST_DAY = "SELECT min(day) AS day FROM score_cell"
RELEASED = "SELECT week_on FROM score_release WHERE week_on >= $1"
# Once, whoever else publishes at the same moment. Its own text, so that a test can take it out.
RELEASE = (
    "INSERT INTO score_release (week_on, released_at) VALUES ($1, app_now()) ON CONFLICT DO NOTHING RETURNING week_on"
)
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in NAMES)
# What has been answered from day $1 to $2; the rows of whole dimensions are never published: items say it.
OF_DAYS = f"""
SELECT department_id, item, dimension, scale, kind, mode, {_SUMS} FROM score_cell
WHERE day BETWEEN $1 AND $2 AND scale IN ('L5', 'F4', 'FFT5', 'R11')
GROUP BY department_id, item, dimension, scale, kind, mode
"""
TAKE_WITHHELD = f"""
DELETE FROM score_withheld WHERE span = $1 AND starts_on = $2
RETURNING department_id, item, dimension, scale, kind, mode, {FIGURES}
"""
_WRITTEN = "department_id, kind, mode, item, dimension, scale"
_TYPES = (
    "department_id uuid, kind text, mode text, item text, dimension text, scale text, "
    + ", ".join(f"{name} integer" for name in NAMES[:-2])
    + ", total numeric, squares numeric"
)
# $1 and $2 the span, $3 rows as JSON
PUBLISH = f"""
INSERT INTO score_published AS c (starts_on, ends_on, {_WRITTEN}, {FIGURES})
SELECT $1::date, $2::date, * FROM jsonb_to_recordset($3::jsonb) AS x ({_TYPES})
ON CONFLICT ON CONSTRAINT score_published_once DO UPDATE SET {_more("c", "+", "excluded")}
"""
# $1 and $2 span and its first day, $3 rows as JSON
WITHHOLD = f"""
INSERT INTO score_withheld AS c (span, starts_on, {_WRITTEN}, {FIGURES})
SELECT $1, $2::date, * FROM jsonb_to_recordset($3::jsonb) AS x ({_TYPES})
ON CONFLICT ON CONSTRAINT score_withheld_once DO UPDATE SET {_more("c", "+", "excluded")}
"""

# ---- what screens read -------------------------------------------------------------------------------------------

_SHOWN = """
($3::uuid[] IS NULL OR department_id = ANY($3)) AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR mode = $5)
"""
# What is published of items within days $1 to $2; $3 departments, $4 kind, $5 mode, null: all
ITEMS = f"""
SELECT item, dimension, scale, {_SUMS} FROM score_published
WHERE starts_on >= $1 AND ends_on <= $2 AND {_SHOWN} GROUP BY item, dimension, scale
"""
BY_DEPARTMENT = f"""
SELECT p.department_id, d.name, {", ".join(f"sum(p.{name}) AS {name}" for name in NAMES)}
FROM score_published p LEFT JOIN department d ON d.id = p.department_id
WHERE p.starts_on >= $1 AND p.ends_on <= $2 AND p.item = $6 AND p.scale = $7
    AND {_SHOWN.replace("department_id", "p.department_id")}
GROUP BY p.department_id, d.name ORDER BY d.name
"""
# the months of a trend; what is few joins its quarter and is in none of them
BY_MONTH = f"""
SELECT starts_on, item, dimension, scale, {_SUMS} FROM score_published
WHERE starts_on >= $1 AND ends_on <= $2 AND ends_on < starts_on + 31 AND {_SHOWN} AND ($6 = '' OR item = $6)
GROUP BY starts_on, item, dimension, scale ORDER BY starts_on
"""
PUBLISHED_UNTIL = "SELECT max(week_on) AS week_on FROM score_release"

# The same by department, for a report
BY_DEPARTMENT_AND_ITEM = f"""
SELECT p.department_id, d.name, p.item, p.dimension, p.scale, {", ".join(f"sum(p.{name}) AS {name}" for name in NAMES)}
FROM score_published p LEFT JOIN department d ON d.id = p.department_id
WHERE p.starts_on >= $1 AND p.ends_on <= $2 AND {_SHOWN.replace("department_id", "p.department_id")}
GROUP BY p.department_id, d.name, p.item, p.dimension, p.scale ORDER BY d.name, p.dimension, p.item
"""

# Invitations whose time came from $1 to before $2, of departments $3 and kind $4, null: all
INVITED = """
SELECT count(*) FILTER (WHERE state IN ('invited', 'answered', 'expired'))::integer AS invited,
    count(*) FILTER (WHERE state = 'answered')::integer AS answered
FROM invitation WHERE opens_at >= $1 AND opens_at < $2
    AND ($3::uuid[] IS NULL OR department_id = ANY($3)) AND ($4::text IS NULL OR kind = $4)
"""
# What became of them, by department. A delivery that was put away counts as one in the table.
RESPONSES = """
SELECT i.department_id, d.name, count(*) AS planned,
    count(*) FILTER (WHERE i.state IN ('invited', 'answered', 'expired')) AS invited,
    count(*) FILTER (WHERE m.id IS NOT NULL) AS sent,
    count(*) FILTER (WHERE m.id IS NOT NULL AND (
        EXISTS (SELECT FROM delivery x WHERE x.message_id = m.id AND x.state IN ('accepted', 'delivered'))
        OR EXISTS (SELECT FROM delivery_archive x WHERE x.message_id = m.id AND x.state IN ('accepted', 'delivered'))
    )) AS delivered,
    count(i.opened_at) AS opened, count(i.started_at) AS started,
    count(*) FILTER (WHERE i.state = 'answered') AS answered
FROM invitation i JOIN department d ON d.id = i.department_id
LEFT JOIN LATERAL (
    SELECT id FROM message WHERE subject_id = i.id AND subject_kind = 'invitation' ORDER BY id LIMIT 1
) m ON true
WHERE i.opens_at >= $1 AND i.opens_at < $2
    AND ($3::uuid[] IS NULL OR i.department_id = ANY($3)) AND ($4::text IS NULL OR i.kind = $4)
GROUP BY i.department_id, d.name ORDER BY d.name
"""
SKIPPED = """
SELECT skip_reason AS reason, count(*)::integer AS n FROM invitation
WHERE state = 'skipped' AND opens_at >= $1 AND opens_at < $2
    AND ($3::uuid[] IS NULL OR department_id = ANY($3)) AND ($4::text IS NULL OR kind = $4)
GROUP BY skip_reason ORDER BY n DESC, skip_reason
"""

# What items are called: in the newest wording of the bank; earlier items in the newest questionnaire that asked them.
WORDINGS = """
SELECT DISTINCT ON (item) item, text FROM (
    SELECT item_id AS item, texts->'text' AS text, version, NULL::uuid AS id FROM survey_item_wording
    UNION ALL
    SELECT item->>'id', item->'text', 0, q.id FROM questionnaire q CROSS JOIN LATERAL jsonb_array_elements(q.items) item
) wording ORDER BY item, version DESC, id DESC
"""
PUBLISHED_MONTH = "SELECT max(week_on) AS week_on FROM score_release WHERE extract(day FROM week_on) = 22"

WEIGHTS = """
SELECT w.version, w.weights, w.at, w.why, s.name AS by_name FROM score_weight w JOIN staff s ON s.id = w.by_id
ORDER BY w.version DESC LIMIT $1
"""
DECIDE_WEIGHTS = """
INSERT INTO score_weight (version, weights, at, by_id, why) VALUES ($1, $2::jsonb, app_now(), $3, $4)
ON CONFLICT ON CONSTRAINT score_weight_pkey DO NOTHING RETURNING version
"""

# People's scores of one dimension between two days. $1 department, $2 dimension, $3 and $4 days
OF_DIMENSION = """
SELECT coalesce(sum(answered), 0)::integer AS n, coalesce(sum(total), 0)::double precision AS total,
    coalesce(sum(squares), 0)::double precision AS squares
FROM score_cell WHERE department_id = $1 AND item = '@' || $2 AND scale = 'mean' AND day BETWEEN $3 AND $4
"""


def figures_of(row: dict) -> Figures:
    """Read what a row has counted."""
    return Figures(
        int(row["offered"]),
        int(row["answered"]),
        int(row["not_applicable"]),
        tuple(int(row[name]) for name in C),
        float(row["total"]),
        float(row["squares"]),
    )
