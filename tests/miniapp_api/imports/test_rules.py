"""Each thing that can be wrong with a line is told with its place, before any database."""

from datetime import date

import pytest

from miniapp_api.catalogue.specialities import specialities
from miniapp_api.catalogue.spelling import initials
from miniapp_api.imports.columns import KIND_BY_WORD, KINDS
from miniapp_api.imports.reading import Line
from miniapp_api.imports.rules import Checked, Words, check
from miniapp_api.imports.texts import TEXTS

TODAY = date(2026, 11, 23)  # a Monday
EMPTY: dict[str, dict] = {kind.name: {} for kind in KINDS}
HOSPITAL = ("hospital", {"name": "云湖医院"})
CAMPUS = ("campus", {"code": "main", "name": "本部"})
HEART = ("department", {"code": "heart", "name": "心血管内科", "campus_code": "main", "speciality_code": "03.04"})
DOCTOR = ("practitioner", {"code": "D1", "name": "温若溪", "department_code": "heart"})
ROOM = ("room", {"code": "R1", "name": "201诊室", "department_code": "heart"})
MONDAY = {"practitioner_code": "D1", "weekday": "周一", "starts_at": "08:00", "ends_at": "12:00", "capacity": "4"}
CLINIC = ("schedule", {**MONDAY, "room_code": "R1"})
LEAVE = (
    "exception",
    {"exception": "请假", "practitioner_code": "D1", "first_day": "2026-12-07", "last_day": "2026-12-11"},
)
DAY = ("day", {"day": "2027-01-02", "day_kind": "节假日"})
SETTING = ("setting", {"department_code": "heart", "release_at": "07:30:15"})
PRICE = ("price", {"visit_type": "专家", "price": "30"})
ANSWER = ("faq", {"code": "q1", "question": "能停车吗？", "answer": "可以。"})
GOOD = (HOSPITAL, CAMPUS, HEART, DOCTOR, ROOM, CLINIC)


def checked(*rows, state=None) -> Checked:
    """Check rows; the first stands on line 2."""
    lines = [Line("c.csv", number, KIND_BY_WORD[kind], cells) for number, (kind, cells) in enumerate(rows, start=2)]
    return check(lines, state or EMPTY, Words(specialities=specialities(), initials=initials, today=TODAY))


def with_cells(row, **cells):
    """Give a row with other cells; None takes one away."""
    merged = {**row[1], **cells}
    return row[0], {name: cell for name, cell in merged.items() if cell is not None}


def standing(*rows) -> dict:
    """Give the state after rows have been let in."""
    return {kind: {key: draft.row for key, draft in drafts.items()} for kind, drafts in checked(*rows).drafts.items()}


def test_a_good_file_is_good():
    found = checked(*GOOD)
    assert found.bad == []
    assert {name: count.new for name, count in found.counts().items()} == dict.fromkeys(found.counts(), 1)
    (clinic,) = found.drafts["schedule"].values()
    assert (clinic.row["department_code"], clinic.row["slot_minutes"], clinic.row["visit_type"]) == (
        "heart",
        30,
        "ordinary",
    )


LONG = "长" * 41


@pytest.mark.parametrize(
    ("bad_row", "column", "said"),
    [
        (with_cells(HEART, code="bad code"), "code", "may hold letters"),
        (with_cells(HEART, code="x", name=None), "name", "must be filled in"),
        (with_cells(HEART, code="x", name=LONG), "name", "too long"),
        (with_cells(HEART, code="x", name="a\x00b"), "name", "control character"),
        (with_cells(HEART, code="x", speciality_code="99"), "speciality_code", "not in the national list"),
        (with_cells(HEART, code="x", speciality_code="3.04"), "speciality_code", "not in the national list"),
        (with_cells(HEART, code="x", campus_code="moon"), "campus_code", "there is no campus"),
        (with_cells(HEART, code="x", parent_code="moon"), "parent_code", "there is no department"),
        (with_cells(HEART, code="x", parent_code="x"), "parent_code", "above itself"),
        (with_cells(HEART, code="x", ticket_prefix="A1"), "ticket_prefix", "one or two letters"),
        (with_cells(HEART, code="x", ticket_prefix="xxg"), "ticket_prefix", "one or two letters"),
        (with_cells(HEART, code="x", service_minutes="0"), "service_minutes", "from 1 to 240"),
        (with_cells(HEART, code="x", active="maybe"), "active", "yes or no"),
        (with_cells(HEART, code="x", weekday="周一"), "weekday", "no such column"),
        (with_cells(HEART, code="x", 名称="心内"), "名称", "given twice"),
        (HEART, "code", "the same as line 4"),
        (with_cells(DOCTOR, code="D2", department_code="moon"), "department_code", "there is no department"),
        (with_cells(DOCTOR, code="D2", department_code=None), "department_code", "must be filled in"),
        (DOCTOR, "code", "the same as line 5"),
        (with_cells(ROOM, code="R2", department_code="moon"), "department_code", "there is no department"),
        (with_cells(CLINIC, weekday="周二", practitioner_code="D9"), "practitioner_code", "there is no practitioner"),
        (with_cells(CLINIC, weekday="周二", room_code="R9"), "room_code", "there is no room"),
        (with_cells(CLINIC, weekday="周二", department_code="moon"), "department_code", "there is no department"),
        (with_cells(CLINIC, weekday="8"), "weekday", "not a weekday"),
        (with_cells(CLINIC, weekday=None), "weekday", "must be filled in"),
        (with_cells(CLINIC, starts_at="8点"), "starts_at", "not a time"),
        (with_cells(CLINIC, starts_at="25:00"), "starts_at", "not a time"),
        (with_cells(CLINIC, weekday="周二", ends_at="08:61"), "ends_at", "not a time"),
        (with_cells(CLINIC, weekday="周二", capacity="0"), "capacity", "from 1 to 400 places"),
        (with_cells(CLINIC, weekday="周二", capacity="3.5"), "capacity", "from 0 to 200"),
        (with_cells(CLINIC, weekday="周二", desk_capacity="201"), "desk_capacity", "from 0 to 200"),
        (with_cells(CLINIC, weekday="周二", valid_from="下周"), "valid_from", "not a day"),
        (with_cells(CLINIC, weekday="周二", 生效日期="2027-02-01", 失效日期="2027-01-01"), "valid_until", "before"),
        # over midnight and the end of the week
        (
            with_cells(CLINIC, weekday="周日", starts_at="20:00", ends_at="08:30", room_code=None),
            "starts_at",
            "(line 7)",
        ),
        (with_cells(LEAVE, practitioner_code=None), "exception", "leave names a practitioner"),
        (with_cells(LEAVE, exception="休诊"), "exception", "a closure none"),
        (with_cells(LEAVE, last_day="2026-12-01"), "last_day", "before"),
        (with_cells(LEAVE, exception="生病"), "exception", "one of leave"),
        (with_cells(LEAVE, practitioner_code="D9"), "practitioner_code", "there is no practitioner"),
        (with_cells(LEAVE, starts_at="08:00"), "exception", "both times or none"),
        (with_cells(LEAVE, exception="加诊", capacity="3"), "exception", "an extra clinic names"),
        (with_cells(LEAVE, first_day=None), "first_day", "must be filled in"),
        (with_cells(DAY, day_kind="调休上班"), "as_weekday", "make-up"),
        (with_cells(DAY, as_weekday="周一"), "as_weekday", "make-up"),
        (with_cells(SETTING, release_at="7点"), "release_at", "not a time"),
        (with_cells(SETTING, release_days_ahead="91"), "release_days_ahead", "from 0 to 90"),
        (with_cells(SETTING, department_code="moon"), "department_code", "there is no department"),
        (with_cells(CLINIC, weekday="周二", visit_type="vip"), "visit_type", "one of ordinary, expert"),
        (with_cells(HEART, code="x", aliases="、".join(map(str, range(21)))), "aliases", "at most 20"),
        (with_cells(DOCTOR, code="D2", gender="M"), "gender", "one of male"),
        (with_cells(PRICE, department_code="moon"), "department_code", "there is no department"),
        (with_cells(PRICE, price="12.345"), "price", "not a price"),
        (with_cells(PRICE, price="-1"), "price", "not a price"),
        (with_cells(PRICE, visit_type=None), "visit_type", "must be filled in"),
        (with_cells(ANSWER, department_code="moon"), "department_code", "there is no department"),
        (with_cells(ANSWER, answer=None), "answer", "must be filled in"),
        (with_cells(ANSWER, state="published"), "state", "one of draft"),
        (with_cells(ANSWER, state="已批准"), "review_on", "needs the day"),
        (with_cells(ANSWER, review_on="1 March"), "review_on", "not a day"),
        (with_cells(ANSWER, owner="nobody"), "owner", "user name 'nobody'"),
        (with_cells(ANSWER, language="fr"), "language", "one of zh-CN"),
        (CLINIC, "practitioner_code", "the same as line 7"),
        (with_cells(CLINIC, starts_at="11:00", ends_at="13:00", room_code=None), "starts_at", "(line 7)"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_column(bad_row, column, said):
    found = checked(*GOOD, bad_row)
    assert [(bad.sheet, bad.line, bad.column) for bad in found.bad] == [("c.csv", 8, column)]
    assert said in found.bad[0].en
    assert found.bad[0].zh


@pytest.mark.parametrize(
    ("cells", "said"), [({"latitude": "91", "longitude": "1"}, "number of degrees"), ({"latitude": "27.5"}, "together")]
)
def test_a_map_point_is_whole(cells, said):
    (bad,) = checked(with_cells(HOSPITAL, **cells)).bad
    assert (bad.column, said in bad.en) == ("latitude", True)


def test_prices_are_told_apart_by_department_and_title():
    heart, head = with_cells(PRICE, department_code="heart"), with_cells(PRICE, title="主任医师", price="60元")
    found = checked(*GOOD, PRICE, heart, head)
    assert found.bad == []
    assert [row["price"] for row in found.to_write()["price"]] == [3000, 3000, 6000]
    assert [bad.line for bad in checked(*GOOD, PRICE, PRICE).bad] == [9]


def test_an_answer_that_was_taken_away_does_not_come_back():
    state = standing(*GOOD, with_cells(ANSWER, state="已停用"))
    (bad,) = checked(with_cells(ANSWER, state="草稿"), state=state).bad
    assert (bad.column, "retired" in bad.en) == ("state", True)


def test_a_room_has_one_practitioner_at_a_time():
    second = with_cells(DOCTOR, code="D2")
    found = checked(*GOOD, second, with_cells(CLINIC, practitioner_code="D2", starts_at="11:30"))
    assert [(bad.line, bad.column) for bad in found.bad] == [(9, "room_code")]
    assert (
        checked(*GOOD, second, with_cells(CLINIC, practitioner_code="D2", starts_at="12:00", ends_at="14:00")).bad == []
    )


def test_a_room_of_another_department_calls_other_patients():
    other = with_cells(HEART, code="skin", name="皮肤科", speciality_code="13")
    found = checked(*GOOD, other, with_cells(CLINIC, weekday="周二", department_code="skin"))
    assert [(bad.line, bad.column) for bad in found.bad] == [(9, "room_code")]


def test_two_departments_do_not_share_a_prefix():
    one = with_cells(HEART, code="one", ticket_prefix="a")
    found = checked(HOSPITAL, CAMPUS, one, with_cells(one, code="two"))
    assert [(bad.line, bad.column) for bad in found.bad] == [(5, "ticket_prefix")]


def test_a_prefix_is_chosen_where_none_is_given():
    found = checked(
        HOSPITAL, CAMPUS, HEART, with_cells(HEART, code="second"), with_cells(HEART, code="third", ticket_prefix="X")
    )
    assert found.bad == []
    assert [draft.row["ticket_prefix"] for draft in found.drafts["department"].values()] == ["XX", "XG", "X"]


def test_departments_do_not_stand_in_a_circle():
    found = checked(
        HOSPITAL,
        CAMPUS,
        with_cells(HEART, code="a", parent_code="b"),
        with_cells(HEART, code="b", parent_code="a"),
    )
    assert [(bad.line, bad.column) for bad in found.bad] == [(4, "parent_code"), (5, "parent_code")]


def test_every_bad_line_is_told_not_the_first_alone():
    found = checked(*GOOD, with_cells(HEART, code="x", active="?", service_minutes="x"), with_cells(ROOM, code="?"))
    assert sorted((bad.line, bad.column) for bad in found.bad) == [(8, "active"), (8, "service_minutes"), (9, "code")]


def test_a_catalogue_belongs_to_a_hospital():
    assert [bad.column for bad in checked(CAMPUS).bad] == ["kind"]
    assert checked(CAMPUS, state=standing(HOSPITAL)).bad == []


def test_with_one_campus_it_need_not_be_named():
    found = checked(HOSPITAL, CAMPUS, with_cells(HEART, campus_code=None))
    assert found.bad == []
    assert found.drafts["department"]["heart",].row["campus_code"] == "main"
    east = with_cells(CAMPUS, code="east")
    assert [b.column for b in checked(HOSPITAL, CAMPUS, east, with_cells(HEART, campus_code=None)).bad] == [
        "campus_code"
    ]


def test_an_empty_cell_keeps_what_there_is():
    found = checked(with_cells(HEART, name="心内科", speciality_code=None), state=standing(*GOOD))
    assert found.bad == []
    (draft,) = found.drafts["department"].values()
    assert draft.is_changed
    assert (draft.row["name"], draft.row["speciality_code"]) == ("心内科", "03.04")


def test_what_stands_counts_for_overlaps_too():
    late = with_cells(CLINIC, starts_at="11:00", ends_at="13:00", room_code=None)
    found = checked(late, state=standing(*GOOD))
    assert [(bad.line, bad.column) for bad in found.bad] == [(2, "starts_at")]
    assert "in the database" in found.bad[0].en
    over = with_cells(CLINIC, active="否")
    assert checked(over, late, state=standing(*GOOD)).bad == []


def test_versions_of_a_clinic_follow_each_other():
    state = standing(*GOOD)
    later = with_cells(CLINIC, valid_from="2027-01-04", capacity="2", ends_at="11:00")
    found = checked(later, with_cells(CLINIC, starts_at="11:00", valid_from="2027-01-04", room_code=None), state=state)
    assert found.bad == []
    changed, made = found.drafts["schedule"].values()
    assert (changed.is_changed, changed.row["valid_from"], changed.since) == (True, TODAY, date(2027, 1, 4))
    assert (made.is_new, made.row["valid_from"]) == (True, date(2027, 1, 4))
    too_early = with_cells(CLINIC, starts_at="11:00", valid_from="2027-01-03", room_code=None)
    assert [bad.column for bad in checked(later, too_early, state=state).bad] == ["starts_at"]
    ended = with_cells(CLINIC, valid_until="2027-01-02")
    assert checked(ended, too_early, state=state).bad == []
    assert [bad.line for bad in checked(later, later, state=state).bad] == [3]


def test_what_is_over_by_now_is_nothing_to_do():
    over = with_cells(CLINIC, weekday="周三", valid_from="2026-01-01", valid_until="2026-10-01")
    leave = with_cells(LEAVE, first_day="2026-01-01", last_day="2026-01-02")
    never = with_cells(CLINIC, weekday="周四", active="否")
    found = checked(over, leave, never, state=standing(*GOOD))
    assert found.bad == []
    assert {name: count.unchanged for name, count in found.counts().items()} == {"schedule": 2, "exception": 1}
    assert found.differences() == ()


def test_a_line_tells_what_it_changes():
    found = checked(with_cells(CLINIC, capacity="6", valid_until="2027-06-30"), state=standing(*GOOD))
    (one,) = found.differences()
    assert (one.act, one.name) == ("changed", "D1 1 08:00 2026-11-23")
    assert one.changes == (("capacity", "4", "6"), ("valid_until", "长期", "2027-06-30"))


def test_every_mistake_has_words_in_three_languages():
    for texts in TEXTS.values():
        assert len(texts) == 3
        assert all(text.strip() for text in texts)
    bad = checked(*GOOD, with_cells(HEART, code="x", service_minutes="0")).bad[0]
    assert [bad.said(language) for language in ("zh-CN", "zh-TW", "en")] == [
        "“0”不是 1 到 240 之间的整数",
        "「0」不是 1 到 240 之間的整數",
        "'0' is not a whole number from 1 to 240",
    ]


def test_a_clinic_may_last_until_midnight():
    night = with_cells(CLINIC, starts_at="22:00", ends_at="24:00")
    found = checked(*GOOD, night, with_cells(night, starts_at="21:00", ends_at="22:00"))
    assert found.bad == []


@pytest.mark.parametrize(("word", "day"), [("1", 0), ("周日", 6), ("星期天", 6), ("礼拜三", 2), ("7", 6)])
def test_weekdays_have_many_names(word, day):
    found = checked(*GOOD[:-1], with_cells(CLINIC, weekday=word))
    assert [key[1] for key in found.drafts["schedule"]] == [day]
