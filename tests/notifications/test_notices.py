"""What messages say: three languages, and fields that the platform takes whatever the names are."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.simulator.fields import is_valid
from infra.simulator.templates import TEMPLATES
from notifications import fields
from notifications.notices import notice_of
from notifications.notices.following import Told, follow_up
from notifications.notices.reminding import Visit, visit_reminder
from notifications.texts import all_texts, say
from server import clock
from server.facts import ComplaintClosed, ComplaintReplied, VisitFinished
from server.ids import new_id
from tests.notifications.telling import arrived, booked, called, cancelled, filed, finished, invited

LANGUAGES = ("zh-CN", "zh-TW", "en")
ODD_NAMES = (
    "张三",
    "阿卜杜拉·买买提·艾山江·库尔班",
    "用户410774",
    "1234567890",
    "Maximiliane Wolfeschlegelsteinhausen",
    "王\n敏",
    "李Anna-Maria Elisabeth",
    " ",
    "😀👍🏽",
)
LONG = "重症医学与多学科联合会诊疑难杂症中心（东院区特需部）"


def a_visit(booking, **values):
    same = ("account_id", "patient_id", "patient_name", "number", "starts_at", "ends_at", "department_name")
    known = {name: getattr(booking, name) for name in (*same, "practitioner_name", "location")}
    there = {"campus_name": "东院区", "campus_address": "人民路 1 号", "campus_directions": "地铁 2 号线人民路站 C 口"}
    none = {"hospital_address": None, "hospital_bus_routes": None, "is_expected": True, "is_over": False}
    return Visit(id=booking.appointment_id, version=1, booked_at=clock.now(), **{**known, **there, **none, **values})


def every_notice(language, *, name="张小三", department="心血管内科", place="门诊楼2层A区"):
    account = new_id()
    person = {"patient_name": name, "department_name": department}
    booking = booked(account, **person, location=place)
    seen = finished(account, **person, revisit_on=date(2026, 12, 6))
    complaint = filed(account)
    now = clock.now()
    facts = [
        booking,
        cancelled(booking),
        cancelled(booking, by_clinic=True, reason="医生急诊手术"),
        arrived(account, **person, location=place),
        called(account, **person, room_name=place),
        called(account, **person, room_name=place, call_count=2),
        seen,
        finished(account, **person, has_advice=False),
        invited(account, **person),
        complaint,
        filed(account, wants_contact=False),
        *(ComplaintReplied(complaint.complaint_id, new_id(), complaint.number, account, i, now) for i in (True, False)),
        *(
            ComplaintClosed(complaint.complaint_id, complaint.number, account, state, now)
            for state in ("confirmed_closed", "closed_no_reply", "closed_disagreed", "withdrawn", "merged")
        ),
    ]
    yield from (notice_of(fact, language) for fact in facts)
    for kind in ("visit_day_before", "visit_two_hours"):
        yield visit_reminder(kind, a_visit(booking), version=1, language=language, deadline=now)
    yield follow_up([a_told(seen, revisit_on=date(2026, 12, 6), is_booking=True)], language, now)
    both = [a_told(seen, has_form=True), a_told(seen, is_booking=True)]
    yield follow_up(both, language, now)


def a_told(seen: VisitFinished, **values) -> Told:
    plain = {"purpose": "clinical", "text": "离上次看病一周了，想知道您恢复得怎么样。", "has_form": False}
    names = ("patient_id", "patient_name", "department_id", "department_name", "practitioner_name", "encounter_id")
    same = {name: getattr(seen, name) for name in names}
    return Told(**{"step_id": new_id(), "is_booking": False, **plain, **same, **values})


def refused_fields(notice):
    template = TEMPLATES[notice.template_key]
    assert {field.key for field in template.fields} == set(notice.fields)
    return {key: value for key, value in notice.fields.items() if not is_valid(key, value)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_platform_takes_every_field_whatever_the_names_are(language, name):
    for notice in every_notice(language, name=name, department=LONG, place=LONG + "3号诊室"):
        assert refused_fields(notice) == {}, notice.event


@pytest.mark.parametrize("language", LANGUAGES)
def test_tips_are_not_cut_off(language):
    cut = [
        key
        for key, texts in all_texts().items()
        if key.endswith((".tip", ".no_advice", ".no_revisit"))
        for text in texts
        if len(text) > fields.THING_CHARACTERS
    ]
    assert cut == []
    assert all(texts[LANGUAGES.index(language)].strip() for texts in all_texts().values())


@given(st.text(max_size=60))
def test_shortened_values_are_always_valid(text):
    assert is_valid("thing1", fields.thing(text))
    assert is_valid("name1", fields.name(text))
    assert is_valid("character_string1", fields.character_string(text))
    assert is_valid("phrase1", fields.phrase(text))


def test_a_long_thing_ends_with_a_mark():
    assert fields.thing("一" * 21) == "一" * 19 + "…"
    assert fields.thing("一" * 20) == "一" * 20


def test_moments_and_days_are_those_of_the_hospital():
    moment = clock.at(date(2026, 11, 22), 9)
    assert fields.moment(moment) == "2026年11月22日 09:00"
    assert is_valid("time3", fields.moment(moment))
    assert is_valid("date3", fields.day(date(2026, 2, 1)))


def test_a_rescheduled_booking_is_told_by_the_new_one():
    assert notice_of(cancelled(booked(new_id()), is_rescheduled=True), "zh-CN") is None


def test_a_stop_by_the_clinic_says_sorry_and_what_to_do():
    notice = notice_of(cancelled(booked(new_id()), by_clinic=True, reason="医生急诊手术"), "zh-CN")
    said = notice.title + str(notice.lines)
    assert "抱歉" in said
    assert "医生急诊手术" in said
    assert "重新" in said


def test_a_recall_is_another_message_and_a_call_is_old_after_ten_minutes():
    first = called(new_id())
    again = called(new_id(), ticket_id=first.ticket_id, call_count=2)
    notices = [notice_of(fact, "zh-CN") for fact in (first, again)]
    assert notices[0].key != notices[1].key
    assert notices[0].deadline == first.called_at + timedelta(minutes=10)
    assert (notices[0].priority, notices[0].title) == (0, "轮到您了，请到2诊室就诊")


def test_a_call_opens_the_page_of_its_visit_with_an_appointment_or_without():
    booked = new_id()
    assert notice_of(called(new_id(), appointment_id=booked), "zh-CN").link.endswith(f"appointment?id={booked}")
    alone = called(new_id())
    assert notice_of(alone, "zh-CN").link == f"pages/visit/visit?id={alone.ticket_id}"


def test_who_wants_a_call_is_promised_one():
    assert "致电" in str(notice_of(filed(new_id(), wants_contact=True), "zh-CN").lines)
    assert "致电" not in str(notice_of(filed(new_id(), wants_contact=False), "zh-CN").lines)


def test_no_advice_is_in_the_message():
    notice = notice_of(finished(new_id(), has_advice=True), "zh-CN")
    assert notice.fields["thing3"] == "医生已写下注意事项，点开可看"


def test_an_unknown_language_is_chinese():
    assert say("booked.title", "fr") == "预约成功"


def test_a_reminder_says_the_way_what_to_bring_and_how_to_cancel():
    booking = booked(new_id(), location="门诊楼2层")
    notice = visit_reminder("visit_day_before", a_visit(booking), version=3, language="zh-CN", deadline=clock.now())
    lines = dict(notice.lines)
    assert lines["院区地址"] == "东院区 人民路 1 号"
    assert lines["怎么来"] == "地铁 2 号线人民路站 C 口"
    assert "身份证" in lines["请带好"]
    assert notice.link.endswith(f"?id={booking.appointment_id}&ask=coming")
    assert notice.actions == (
        ("来不了，取消预约", f"pages/appointment/appointment?id={booking.appointment_id}&ask=cancel"),
    )
    assert notice.key == f"visit_day_before:{booking.appointment_id}:3"


def test_a_reminder_falls_back_on_the_hospitals_own_way():
    visit = a_visit(booked(new_id()), campus_address="", campus_directions="", hospital_bus_routes="7 路、12 路")
    lines = dict(visit_reminder("visit_two_hours", visit, version=1, language="en", deadline=clock.now()).lines)
    assert (lines["Address"], lines["Getting here"]) == ("东院区", "7 路、12 路")
