"""What the hospital changed of calendars and promises, as stored, in one look."""

from server import db

# Everything that a due depends on besides its events, as one text: the same text gives the same dues.
_TERMS = """
SELECT json_build_array(
    (SELECT json_agg(json_build_array(code, name, follows_workdays) ORDER BY code) FROM work_calendar),
    (SELECT json_agg(json_build_array(calendar, weekday, day, starts_minute, ends_minute)
        ORDER BY calendar, weekday, day, starts_minute) FROM work_interval),
    (SELECT json_agg(json_build_array(calendar, day, kind) ORDER BY calendar, day) FROM work_day),
    (SELECT json_agg(json_build_array(day, kind, as_weekday) ORDER BY day) FROM calendar_day),
    (SELECT json_agg(year ORDER BY year) FROM calendar_year),
    (SELECT json_agg(json_build_array(version, value, at) ORDER BY version) FROM clock_policy),
    (SELECT json_object_agg(name, value ORDER BY name) FROM policy WHERE name = ANY($1)))::text AS body
"""


async def terms_text(policies: list[str]) -> str:
    """Read the terms of all clocks. policies: names of older policies that still count where no version is."""
    row = await db.fetch_one(_TERMS, policies)
    assert row is not None  # it selects no rows but one
    return row["body"]
