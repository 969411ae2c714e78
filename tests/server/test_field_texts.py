"""What is wrong with a field is said in the caller's language."""

import re
from pathlib import Path
from string import Formatter

import pytest

from server.field_texts import TEXTS, say
from tests.cast import a_member_of_staff, a_patient_with_a_phone

CODE = Path(__file__).parents[2]
OURS = re.compile(r"""wrong_field\(\s*[^,]+,\s*"(\w+)",""")


def codes_of_ours() -> set[str]:
    files = [
        path
        for name in ("server", "miniapp_api", "notifications", "satisfaction")
        for path in (CODE / name).rglob("*.py")
    ]
    return {code for path in files for code in OURS.findall(path.read_text())}


def test_every_code_of_ours_has_words():
    found = codes_of_ours()
    assert len(found) > 15
    assert found <= set(TEXTS)


@pytest.mark.parametrize("code", TEXTS)
def test_three_languages_fill_the_same_holes(code):
    texts = TEXTS[code]
    assert list(texts) == ["zh-CN", "zh-TW", "en"]
    holes = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts.values()]
    assert holes[0] == holes[1]
    assert holes[0] <= holes[2]


def test_a_code_without_words_keeps_what_it_said():
    assert say("of_tomorrow", "zh-CN", {}, "as it was") == "as it was"
    assert say("string_too_long", "en", {}, "as it was") == "as it was"


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", "手机号不对，请核对。"), ("zh-TW", "手機號碼不對，請核對。"), ("en", "This is no phone number")],
)
async def test_a_person_reads_what_is_wrong(hospital, language, words):
    owner = await a_patient_with_a_phone(hospital)
    form = {"name": "张小三", "phone": "12", "relation": "child"}
    reply = await owner.call("POST", "/patients", form, Accept_Language=language)
    [field] = reply.body["errors"]
    assert (reply.status, field["pointer"], field["code"]) == (422, "/phone", "wrong_phone")
    assert field["detail"].startswith(words)
    assert set(field) == {"pointer", "code", "detail"}


async def test_what_pydantic_finds_is_said_in_words_too(hospital):
    owner = await a_patient_with_a_phone(hospital)
    form = {"name": "名" * 101, "phone": "13800138000", "relation": "cousin", "more": 1}
    reply = await owner.call("POST", "/patients", form)
    said = {field["pointer"]: field["detail"] for field in reply.body["errors"]}
    assert said["/relation"] == "请从给出的选项中选择。"
    assert said["/more"] == "不需要这一项。"
    assert re.fullmatch(r"太长了，最多 \d+ 个字。", said["/name"])


async def test_a_list_is_not_too_short_because_its_entry_is_wrong(hospital):
    head = await a_member_of_staff(hospital, "supervisor")
    plan = {"code": "one_step", "body": {"name": "一步", "anchors": ["visit"], "steps": [{"code": "one", "name": ""}]}}
    reply = await head.call("POST", "/care-plans", plan)
    said = {field["pointer"] for field in reply.body["errors"]}
    assert reply.status == 422
    assert "/body/steps/0/name" in said
    assert "/body/steps" not in said
    reply = await head.call("POST", "/care-plans", {**plan, "body": {**plan["body"], "steps": []}})
    assert "/body/steps" in {field["pointer"] for field in reply.body["errors"]}
