"""Words of the hospital's own: written, tried out, approved by two, told, and never changed afterwards."""

import asyncio
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.simulator.fields import is_valid as platform_takes
from infra.simulator.templates import TEMPLATES
from notifications import fields
from notifications.notices.notice import Notice
from notifications.templates import actions, models, rendering
from notifications.templates.rendering import render, rendered, words_from
from notifications.templates.rules import findings, required_of
from notifications.templates.samples import events
from notifications.templates.words import Words, as_template, fill, hash_of, params_of
from server import db
from server.errors import LANGUAGES
from tests import props
from tests.cast import StaffClient, a_member_of_staff
from tests.locks import somebody_waits
from tests.notifications.telling import a_phone, booked, deliveries, happens, states

EVENT = "appointment_booked"
WORDS = {
    "title": "{department}预约好了",
    "lines": [{"label": "时间", "text": "{time}"}, {"label": "请看", "text": "{tip}，{place}见"}],
    "fields": {"thing5": "{place}见"},
}
ALL = sorted(events())


@pytest.fixture(autouse=True)
def nothing_remembered():
    rendering.forget()
    yield
    rendering.forget()


async def an_editor(site, role: str = "operations") -> StaffClient:
    return await a_member_of_staff(site, role)


async def a_draft(editor: StaffClient, **more) -> dict:
    return await editor.post("/admin/templates", {"event": EVENT, **WORDS, **more})


async def approved(site, **more) -> dict:
    """Let one write and another approve; give the version."""
    made = await a_draft(await an_editor(site), **more)
    found = await (await an_editor(site)).post(f"/admin/templates/{made['id']}/approval")
    rendering.forget()
    return found


# ---- words with placeholders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", ALL)
def test_the_usual_words_are_a_good_template_of_every_event(event, language):
    known = events()[event]
    words = actions.shipped(known, "", language)
    wrong = [one for one in findings(words, known, channel="", language=language) if not one.is_hint]
    assert wrong == []
    first = known.samples[language][0]
    again = render(first, language, {(event, "", language): (1, words)})
    assert (again.notice.title, again.notice.lines) == (first.title, first.lines)
    assert again.notice.fields == first.fields


def test_every_shared_form_of_the_platform_is_used_by_an_event():
    of_plans = {"revisit_reminder", "follow_up"}  # their words are those of the plan, with versions of their own
    assert {event.template_key for event in events().values()} - {""} == set(TEMPLATES) - of_plans


def test_what_must_be_told_is_when_and_where_and_what_differs():
    assert required_of(events()[EVENT]) == ("time",)
    assert required_of(events()["queue_called"]) == ("room", "tip")
    assert set(required_of(events()["complaint_progress"])) == {"time", "tip", "status"}


def codes(words: Words, event: str = EVENT, channel: str = "") -> set[tuple[str, str]]:
    return {(one.place, one.code) for one in findings(words, events()[event], channel=channel, language="zh-CN")}


GOOD = (("时间", "{time}"),)


@pytest.mark.parametrize(
    ("words", "place", "code"),
    [
        (Words("", GOOD), "title", "empty"),
        (Words("预约好了", ()), "lines", "empty"),
        (Words("预约好了", (("时间", "{tiem}"),)), "lines/0/text", "unknown_placeholder"),
        (Words("预约好了", (("时间", "明天"),)), "", "missing_required"),
        (Words("预约{", GOOD), "title", "stray_brace"),
        (Words("预约{Time}", GOOD), "title", "stray_brace"),
        (Words("预约好了", (("{time}", "{time}"),)), "lines/0/label", "stray_brace"),
        (Words("好" * 61, GOOD), "title", "too_long"),
        (Words("好\n了", GOOD), "title", "one_line"),
        (Words("好", GOOD * 15), "lines", "too_many_lines"),
        (Words("好", GOOD, {"thing9": "好"}), "fields/thing9", "unknown_field"),
        (Words("好", GOOD, {"time3": "{time}"}), "fields/time3", "fixed_field"),
        (Words("好", GOOD, {"thing5": "好" * 21}), "fields/thing5", "field_too_long"),
        (Words("好", GOOD, {"thing5": "{department}{place}{department}请来这里吧"}), "fields/thing5", "field_is_cut"),
    ],
)
def test_what_is_wrong_is_found_at_its_place_and_said_in_three_languages(words, place, code):
    assert (place, code) in codes(words)
    for one in findings(words, events()[EVENT], channel="", language="zh-CN"):
        assert all(one.words(language) for language in LANGUAGES)


def test_channels_have_lengths_of_their_own():
    long = Words("预约好了", (("时间", "{time}" + "好" * 200),))
    assert ("", "sms_parts") in codes(long, channel="sms_aliyun")
    assert ("", "sms_too_long") in codes(Words("预约好了", long.lines * 3), channel="sms_tencent")
    assert ("", "too_many_bytes") in codes(Words("预约好了", long.lines * 4), channel="wecom_robot")
    assert ("fields/thing5", "unknown_field") in codes(Words("好", GOOD, {"thing5": "好"}), channel="sms_aliyun")


def test_one_title_for_several_cases_is_said():
    words = Words("叫号", (("诊室", "{room}"), ("提示", "{tip}")))
    assert ("title", "one_for_all") in codes(words, "queue_called")
    assert ("title", "one_for_all") not in codes(Words("{title}", words.lines), "queue_called")


def test_a_value_that_a_case_lacks_leaves_its_line_out_and_never_a_brace():
    notice = events()["visit_finished"].samples["zh-CN"][0]
    bare = Notice(**{**vars(notice), "lines": notice.lines[:1], "fields": {"thing1": "心内科"}})
    told = render(
        bare, "zh-CN", {("visit_finished", "", "zh-CN"): (3, Words("{doctor}的嘱咐", (("科室", "{department}"),)))}
    )
    assert told.notice.title == bare.title
    assert told.notice.lines == bare.lines
    assert told.template_version == 3


def test_placeholders_are_put_back_for_who_writes():
    params = {"room": "2诊室", "place": "门诊楼2层", "number": "7"}
    text = as_template("请到2诊室（门诊楼2层），第7号", params)
    assert text == "请到{room}（{place}），第7号"
    assert fill(text, params) == "请到2诊室（门诊楼2层），第7号"


names = st.one_of(st.text(max_size=50), st.text(alphabet="张·é́A9👨‍👩‍👧 ", max_size=30))
literal = st.text(alphabet="请到来，门诊 A09:00–9:30👍🏽", max_size=25)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(event=st.sampled_from(ALL), values=st.lists(names, min_size=6, max_size=6), before=literal, after=literal)
def test_whatever_names_and_words_the_platform_takes_every_field(event, values, before, after):
    """47003 never reaches the platform: any names in any words of a template, against the platform's own rules."""
    known = events()[event]
    notice = known.samples["zh-CN"][0]
    lines = tuple((label, values[number % 6]) for number, (label, _) in enumerate(notice.lines))
    own = {key: fields.thing(values[0]) for key in notice.fields or {} if key.startswith("thing")}
    odd = Notice(**{**vars(notice), "lines": lines, "fields": {**(notice.fields or {}), **own}})
    wild = {key: f"{before}{{department}}{{tip}}{after}" for key in own}
    told = render(odd, "zh-CN", {(event, "", "zh-CN"): (1, Words("好", (("好", "{department}"),), wild))})
    sent = fields.fitted(told.notice.fields or {})
    assert isinstance(sent, dict)
    assert all(platform_takes(key, value) for key, value in sent.items())


# ---- versions ------------------------------------------------------------------------------------------------------


async def test_a_message_is_told_in_the_approved_words_and_names_their_version(hospital, drain):
    await approved(hospital)
    phone = await a_phone(hospital)
    await phone.accepts(EVENT)
    await happens(booked(phone.account_id))
    await drain()
    row = await db.fetch_one("SELECT * FROM message")
    assert (row["title"], row["template_version"]) == ("心血管内科预约好了", 1)
    assert [label for label, _ in orjson.loads(row["lines"])] == ["时间", "请看"]
    assert (await states())[0] in ("accepted", "delivered")
    (shown,) = await phone.phone_shows()
    assert "门诊楼2层A区见" in str(shown)
    # I-10: the same version and the same values make the same words again
    version = await db.fetch_one("SELECT * FROM message_template WHERE number = $1", row["template_version"])
    params = orjson.loads(row["params"])
    words = words_from(version)
    assert fill(words.title, params) == row["title"]
    told = Words(row["title"], tuple(map(tuple, orjson.loads(row["lines"]))), orjson.loads(row["fields"]))
    assert hash_of(told, orjson.loads(row["texts"])) == row["rendered_hash"]


async def test_without_a_template_the_usual_words_are_told_and_hashed(hospital, drain):
    phone = await a_phone(hospital)
    await happens(booked(phone.account_id))
    await drain()
    row = await db.fetch_one("SELECT * FROM message")
    assert (row["title"], row["template_version"]) == ("预约成功", None)
    told = Words(row["title"], tuple(map(tuple, orjson.loads(row["lines"]))), orjson.loads(row["fields"]))
    assert hash_of(told, {}) == row["rendered_hash"]


async def test_other_languages_keep_their_usual_words(hospital, drain):
    await approved(hospital)
    phone = await a_phone(hospital, language="en")
    await happens(booked(phone.account_id))
    await drain()
    row = await db.fetch_one("SELECT title, template_version FROM message")
    assert (row["title"], row["template_version"]) == ("Appointment booked", None)


async def test_a_channel_may_have_words_of_its_own(hospital, drain):
    await approved(hospital, channel="wechat_subscribe", fields={"thing5": "{department}等您"})
    phone = await a_phone(hospital)
    await phone.accepts(EVENT)
    await happens(booked(phone.account_id))
    await drain()
    row = await db.fetch_one("SELECT title, template_version, texts FROM message")
    assert (row["title"], row["template_version"]) == ("预约成功", None)
    assert orjson.loads(row["texts"])["wechat_subscribe"]["version"] == 1
    (shown,) = await phone.phone_shows()
    assert "心血管内科等您" in str(shown)
    assert [one["state"] in ("accepted", "delivered") for one in await deliveries()] == [True]


async def test_four_eyes(hospital):
    author = await an_editor(hospital)
    made = await a_draft(author)
    assert (made["status"], made["number"]) == ("draft", 1)
    refused = await author.refused(f"/admin/templates/{made['id']}/approval")
    assert (refused.status, refused.code) == (409, "own_draft")
    found = await (await an_editor(hospital)).post(f"/admin/templates/{made['id']}/approval")
    assert (found["status"], found["approved_as"]) == ("approved", "second_person")
    boss = await an_editor(hospital, "supervisor")
    mine = await a_draft(boss, event="queue_joined", lines=[{"label": "号", "text": "{ticket}"}], title="好", fields={})
    assert (await boss.post(f"/admin/templates/{mine['id']}/approval"))["approved_as"] == "supervisor"


async def test_the_next_version_takes_the_place_of_the_one_before(hospital):
    first = await approved(hospital)
    second = await approved(hospital, title="{department}约好了")
    assert (first["number"], second["number"]) == (1, 2)
    rows = await db.fetch("SELECT number, status FROM message_template ORDER BY number")
    assert [(row["number"], row["status"]) for row in rows] == [(1, "retired"), (2, "approved")]
    editor = await an_editor(hospital)
    await editor.post(f"/admin/templates/{second['id']}/retirement")
    assert await rendering.approved() == {}
    found = await editor.get(f"/admin/templates/events/{EVENT}?language=zh-CN")
    assert [one["status"] for one in found["versions"]] == ["retired", "retired"]


async def test_two_who_begin_at_once_make_one_draft_and_two_who_approve_one_version(hospital):
    one, other = await an_editor(hospital), await an_editor(hospital)
    body = {"event": EVENT, **WORDS}
    replies = await asyncio.gather(
        *(who.call("POST", "/admin/templates", body, Idempotency_Key=str(uuid4())) for who in (one, other))
    )
    assert sorted(reply.status for reply in replies) == [201, 409]
    made = next(reply.body for reply in replies if reply.status == 201)
    bosses = [await an_editor(hospital, "supervisor") for _ in range(2)]
    path = f"/admin/templates/{made['id']}/approval"
    replies = await asyncio.gather(*(who.call("POST", path, {}, Idempotency_Key=str(uuid4())) for who in bosses))
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert await props.count("message_template", "status = 'approved'") == 1


async def test_who_begins_while_another_takes_the_number_is_refused_and_not_an_error(hospital):
    one, other = await an_editor(hospital), await an_editor(hospital)
    body = {"event": EVENT, **WORDS}
    async with db.transaction():  # begun and given up again by somebody whose commit is still to come
        await db.fetch(models.ADD, uuid4(), EVENT, "", "zh-CN", "好了", "[]", "{}", UUID(one.staff_id))
        await db.fetch("UPDATE message_template SET status = 'retired', ended_at = app_now()")
        late = asyncio.create_task(other.call("POST", "/admin/templates", body, Idempotency_Key=str(uuid4())))
        await somebody_waits()
    reply = await late
    assert (reply.status, reply.code) == (409, "someone_was_faster")
    assert (await other.post("/admin/templates", body))["number"] == 2


async def test_a_draft_is_changed_by_who_saw_it_last(hospital):
    editor = await an_editor(hospital)
    made = await a_draft(editor)
    path, words = f"/admin/templates/{made['id']}", {**WORDS, "title": "好了"}
    changed = await editor.call("PUT", path, words, If_Match=str(made["version"]))
    assert (changed.status, changed.body["words"]["title"], changed.body["version"]) == (200, "好了", 2)
    stale = await editor.call("PUT", path, words, If_Match=str(made["version"]))
    assert (stale.status, stale.code) == (412, "stale")
    await (await an_editor(hospital)).post(f"{path}/approval")
    late = await editor.call("PUT", path, words)
    assert (late.status, late.code) == (409, "not_a_draft")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE message_template SET title = 'x'",
        'UPDATE message_template SET fields = \'{"thing5": "x"}\'',
        "DELETE FROM message_template",
    ],
    ids=["title", "fields", "delete"],
)
async def test_what_was_approved_never_changes(hospital, change):
    await approved(hospital)
    with pytest.raises(Exception, match="a version never changes"):
        await db.fetch(change)


async def test_words_that_break_a_rule_are_not_saved_and_the_place_is_named(hospital):
    editor = await an_editor(hospital)
    bad = {"event": EVENT, **WORDS, "lines": [{"label": "时间", "text": "{when}"}]}
    refused = await editor.refused("/admin/templates", bad)
    assert (refused.status, refused.code) == (422, "words_do_not_fit")
    assert {(one["pointer"], one["code"]) for one in refused.body["errors"]} >= {
        ("/lines/0/text", "unknown_placeholder"),
        ("", "missing_required"),
    }
    assert await props.count("message_template") == 0
    assert (await editor.refused("/admin/templates", {**bad, "event": "nothing"})).status == 404
    assert (await editor.refused("/admin/templates", {**bad, "channel": "inbox"})).status == 404


async def test_a_preview_shows_every_case_and_keeps_nothing(hospital):
    editor = await an_editor(hospital)
    words = {"title": "{title}", "lines": [{"label": "诊室", "text": "{room}"}, {"label": "提示", "text": "{tip}"}]}
    found = await editor.call("POST", "/admin/templates/events/queue_called/preview", words)
    assert found.status == 200
    assert [case["title"] for case in found.body["cases"]] == ["轮到您了，请到2诊室就诊", "再次叫号，请到2诊室就诊"]
    assert found.body["findings"] == []
    assert await props.count("message_template") == 0
    known = await editor.get("/admin/templates/events/queue_called")
    assert {one["name"] for one in known["placeholders"] if one["is_required"]} == {"room", "tip"}
    assert known["shipped"]["title"] == "轮到您了，请到{room}就诊"
    listed = await editor.get("/admin/templates")
    assert {one["event"] for one in listed["items"]} == set(ALL)
    assert "inbox" not in listed["channels"]


@pytest.mark.parametrize("role", ["guide", "room", "customer_service"])
async def test_other_staff_have_nothing_to_do_with_templates(hospital, role):
    staff = await a_member_of_staff(hospital, role)
    assert (await staff.call("GET", "/admin/templates")).status == 403


async def test_rendering_asks_the_database_once_for_many_messages(hospital, monkeypatch):
    asked = []
    fetch = db.fetch

    async def counted(sql, *values):
        asked.append(sql)
        return await fetch(sql, *values)

    monkeypatch.setattr(rendering.db, "fetch", counted)
    notice = events()[EVENT].samples["zh-CN"][0]
    for _ in range(5):
        assert (await rendered(notice, "zh-CN")).params == params_of(notice, "zh-CN")
    assert len(asked) == 1
