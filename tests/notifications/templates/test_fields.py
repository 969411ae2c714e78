"""Values of the platform's fields: whatever the text, the platform takes it, and nothing is cut in the middle."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.simulator.fields import is_valid as platform_takes
from infra.simulator.templates import TEMPLATES
from notifications import fields
from notifications.graphemes import JOINER, pieces, shorten, signs, utf8, utf16

words = st.one_of(
    st.text(max_size=60),  # also lone surrogates, control characters, anything
    st.text(alphabet="张小三李心血管内科 09:00–30AbcéÉ́👨‍👩‍👧🇨🇳👍🏽·-()（），。", max_size=60),
)
odd = st.text(alphabet=st.characters(categories=["Cs", "Cc", "Zl", "Zp", "Mn", "Cf", "So", "Nd"]), max_size=40)
MENDED = {"thing": fields.thing, "name": fields.name, "character_string": fields.character_string}
MENDED["phrase"] = fields.phrase


@pytest.mark.parametrize("kind", MENDED)
@given(text=st.one_of(words, odd))
@example(text="")
@example(text="👨‍👩‍👧" * 10)
@example(text="a" * 100)
@example(text="\ud800")
@example(text="٣٤٥")
def test_whatever_the_text_the_platform_takes_it(kind, text):
    value = MENDED[kind](text)
    assert platform_takes(f"{kind}1", value), value
    assert fields.is_valid(f"{kind}1", value)
    assert MENDED[kind](value) == value


KEYS = sorted({field.key for template in TEMPLATES.values() for field in template.fields})


@given(st.dictionaries(st.sampled_from([*KEYS, "amount1", "date3"]), st.one_of(words, odd)))
def test_what_is_fitted_is_taken_by_the_platform_and_what_cannot_be_is_named(values):
    found = fields.fitted(values)
    if isinstance(found, str):
        assert not platform_takes(found, values[found]) or not fields.is_valid(found, values[found])
    else:
        assert set(found) == set(values)
        assert all(platform_takes(key, value) for key, value in found.items())


@given(
    st.sampled_from(KEYS),
    st.one_of(words, st.sampled_from(["2026年11月22日 09:00", "2026年02月30日", "25:00", "9:05"])),
)
def test_our_rules_are_never_wider_than_the_platform_s(key, value):
    if fields.is_valid(key, value):
        assert platform_takes(key, value)


@pytest.mark.parametrize("value", ["2026年02月30日 09:00", "明天上午", "2026年11月22日 24:00", "", "09:00–09:30"])
def test_a_time_that_is_none_is_named_and_not_sent(value):
    assert fields.fitted({"thing1": "心内科", "time3": value}) == "time3"


@given(words, st.integers(1, 30), st.sampled_from([utf16, utf8]))
def test_nothing_is_cut_inside_a_word_or_a_sign(text, most, measure):
    short = shorten(text, most, measure=measure)
    assert measure(short) <= most
    if short == text or not short:
        return
    kept = short.removesuffix("…")
    assert text.lstrip().startswith(kept) or text.startswith(kept)
    assert "".join(signs(text)) == text == "".join(pieces(text))
    whole = list(signs(text.lstrip() if not text.startswith(kept) else text))
    assert "".join(whole).startswith(kept)
    ends, at = {0}, 0
    for sign in whole:
        at += len(sign)
        ends.add(at)
    assert len(kept) in ends


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("请您于 09:00–09:30 到门诊楼签到", 12, "请您于…"),
        ("请您于 09:00–09:30 到门诊楼签到", 17, "请您于 09:00–09:30…"),
        ("心血管内科（东院区）门诊二层", 7, "心血管内科…"),
        ("Take Paracetamol twice", 12, "Take…"),
        ("Pneumonoultramicroscopic", 10, "Pneumonou…"),
        ("家庭👨‍👩‍👧门诊", 9, "家庭…"),
        ("家庭👨‍👩‍👧门诊开诊", 12, "家庭👨‍👩‍👧门…"),
        ("国旗🇨🇳🇨🇳🇨🇳", 8, "国旗🇨🇳…"),
        ("第12345号病人请到诊室", 6, "第…"),
        ("👨‍👩‍👧", 3, "…"),
        ("cafe\u0301 noir ouvert", 6, "cafe\u0301…"),
        ("0000\u200d 00", 7, "0000\u200d…"),  # a joiner before a space joins nothing
    ],
)
def test_shortened_as_one_would_read_it(text, most, short):
    assert shorten(text, most) == short


def test_signs_hold_together():
    family, flag = "👨‍👩‍👧", "🇨🇳"
    assert JOINER in family
    assert list(signs(f"e\u0301{family}{flag}{flag}👍🏽好")) == ["e\u0301", family, flag, flag, "👍🏽", "好"]
    assert unicodedata.category("\u0301") == "Mn"
