"""The rules for values, type by type (wechat.md 2.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.simulator.fields import field_type, is_valid
from infra.simulator.templates import TEMPLATE_IDS, TEMPLATES

GOOD = {
    "thing1": ["心血管内科 2 楼", "x" * 20, "😀" * 20, "（请提前 15 分钟）", "a"],
    "number1": ["0", "-3.5", "1" * 32, "12.50"],
    "letter1": ["abcXYZ", "a" * 32],
    "symbol1": ["!?#", "。，", "~" * 5],
    "character_string1": ["A012", "TS-2026/01 #3", "~" * 32],
    "time1": [
        "15:01",
        "9:05:30",
        "2019年10月1日 15:01",
        "2019-10-01 15:01",
        "2019/10/1 15:01:59",
        "2019.10.1 08:00",
        "2019年10月1日15:01",
        "15:01~16:00",
        "2019年10月1日 15:01~2019年10月1日 16:01",
    ],
    "date1": [
        "2019年10月1日",
        "2019-10-01",
        "2019/10/1",
        "2019.10.1",
        "2019年10月",
        "2019-10",
        "10月1日",
        "2月29日",
        "10-01",
        "2019年10月1日 15:01",
        "2019年10月1日~2019年11月1日",
    ],
    "amount1": ["10", "￥10.5元", "$1234567890", "99.99元"],
    "phone_number1": ["+86-0766-66888866", "13800000000"],
    "car_number1": ["粤A8Z888", "粤A8Z88挂", "京AD12345"],
    "name1": ["张三", "欧阳" * 5, "John Smith Junior II", "张*", "阿卜杜·热合曼"],
    "phrase1": ["处理中", "已完成回复"],
}
BAD = {
    "thing1": ["", "x" * 21, "第一行\n第二行", "a\tb", "a\u0000", "行\u2028行", "\ud800"],
    "number1": ["", "1,000", "1.", ".5", "1" * 33, "１２", "三"],
    "letter1": ["", "ab1", "a b", "é", "a" * 33],
    "symbol1": ["", "a", "!1", "中", "!!!!!!", "! !"],
    "character_string1": ["", "A012号", "é", "x" * 33, "A\n1"],
    "time1": [
        "",
        "24:00",
        "15:60",
        "15",
        "2019-13-01 15:01",
        "2019-02-29 15:01",
        "2019-10-01",
        "2019-10/01 15:01",
        "2019-10-01T15:01",
        "15:01 明天",
        "9:00~10:00~11:00",
        "15:01~",
        "下午3点",
    ],
    "date1": ["", "2019年13月1日", "2019-02-30", "2月30日", "明天", "2019年", "2019-10-01 25:00", "2019-10-01~"],
    "amount1": ["", "12345678901", "10块", "￥￥10", "元"],
    "phone_number1": ["", "1" * 18, "tel:110", "１３８"],
    "car_number1": ["", "粤A粤888", "粤A8Z88888", "粤A 888"],
    "name1": ["", "张三1", "欧阳" * 5 + "一", "a" * 21, "张\n三", "张三 Smith Junior"],
    "phrase1": ["", "处理中a", "一二三四五六", "ok", "处 理"],
    "short_thing1": ["任何"],
    "unknown": ["x"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in GOOD.items() for value in values])
def test_the_platform_takes(key, value):
    assert is_valid(key, value)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BAD.items() for value in values])
def test_the_platform_refuses(key, value):
    assert not is_valid(key, value)


@pytest.mark.parametrize("key", ["enum1", "enum_string2", "const3"])
def test_a_listed_value_must_be_in_the_list(key):
    assert is_valid(key, "已签到", ("已签到", "候诊中"))
    assert not is_valid(key, "已离开", ("已签到", "候诊中"))
    assert not is_valid(key, "已签到")


@given(key=st.sampled_from(sorted(GOOD)), value=st.text(max_size=40))
def test_no_text_breaks_a_rule(key, value):
    assert is_valid(key, value) in (True, False)


@given(value=st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_a_thing_is_limited_by_its_length_only(value):
    assert is_valid("thing1", value) == (len(value) <= 20)


def test_templates_are_one_time_and_their_keys_are_known_types():
    assert set(TEMPLATE_IDS) == set(TEMPLATES)
    assert len({*TEMPLATE_IDS.values()}) == len(TEMPLATES)
    for template in TEMPLATES.values():
        assert len(template.template_id) == 43
        assert template.type == 2
        assert {field_type(field.key) for field in template.fields} <= {field_type(key) for key in GOOD}
