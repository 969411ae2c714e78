"""The calendar file: what a calendar accepts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from miniapp_api.booking.calendar_file import CalendarEntry, calendar_file

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def an_entry(**changed) -> bytes:
    entry = {
        "id": UUID(int=7),
        "sequence": 1,
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=2),
        "summary": "就诊：心血管内科 王敏",
        "location": "门诊楼2层",
        "description": "第一行\n第二行",
        "is_cancelled": False,
    }
    return calendar_file(CalendarEntry(**(entry | changed)), NOW)


def test_times_are_utc_and_lines_end_as_the_standard_says():
    lines = an_entry().split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert b"DTSTART:20260302T020000Z" in lines
    assert b"UID:00000000-0000-0000-0000-000000000007@hospital-service" in lines
    assert b"\n" not in b"".join(lines)


def test_text_is_escaped():
    text = an_entry(summary="a,b;c\\d", description="一\n二\r\n三").decode()
    assert "SUMMARY:a\\,b\\;c\\\\d\r\n" in text
    assert "DESCRIPTION:一\\n二\\n三\r\n" in text


def test_long_lines_are_folded_between_characters():
    file = an_entry(location="门诊楼" * 60)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert "LOCATION:" + "门诊楼" * 60 in file.replace(b"\r\n ", b"").decode()


def test_a_cancelled_one_is_taken_out_of_the_calendar():
    text = an_entry(is_cancelled=True, sequence=2).decode()
    assert "METHOD:CANCEL" in text
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:2" in text
    assert "VALARM" not in text
