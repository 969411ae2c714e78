"""What always holds in the library."""

LIBRARY_INVARIANTS: tuple[tuple[str, str], ...] = (
    (
        "The library counts in how many published cases each word stands.",
        "WITH counted AS (SELECT w AS term, count(*) AS n FROM library_case l, unnest(tsvector_to_array(l.words)) w"
        " WHERE l.state = 'published' GROUP BY w"
        " UNION ALL SELECT '#', count(*) FROM library_case WHERE state = 'published'"
        " UNION ALL SELECT '##', coalesce(sum(length), 0) FROM library_case WHERE state = 'published')"
        " SELECT coalesce(t.term, c.term) AS id FROM library_term t FULL JOIN counted c USING (term)"
        " WHERE coalesce(t.cases, 0) <> coalesce(c.n, 0)",
    ),
    (
        "Nothing of a case is open that a second person has not approved.",
        "SELECT id FROM library_case"
        " WHERE state <> 'published' AND concat(title, story, finding, action, prevention) <> ''"
        " OR state = 'published' AND (approved_by IS NULL OR approved_by = written_by)",
    ),
)
