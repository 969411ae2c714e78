"""The search, without a database: what comes first, what is never found, what is always first."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.seed.answers import ANSWERS
from infra.seed.draw import draw
from miniapp_api.catalogue.search import Entry, Index, Kind, Wanted
from miniapp_api.catalogue.sounds import blurred, is_a_slip, normal, readings
from tests.miniapp_api.catalogue.golden import GOLDEN


def entries() -> list[Entry]:
    catalogue = draw(1).catalogue
    departments = {row["code"]: row for row in catalogue["department"]}
    return [
        *(
            Entry(Kind.DEPARTMENT, uuid4(), row["name"], tuple(row["aliases"]), row["introduction"])
            for row in departments.values()
        ),
        *(
            Entry(
                Kind.PRACTITIONER,
                uuid4(),
                row["name"],
                text=f"{departments[row['department_code']]['name']} {row['title']} {row['specialities']}",
            )
            for row in catalogue["practitioner"]
        ),
        *(Entry(Kind.FAQ, uuid4(), one.question, text=one.answer, language=one.language) for one in ANSWERS),
    ]


ENTRIES = entries()
DEMO = Index(ENTRIES)
CHINESE = Wanted(languages=frozenset({"zh-CN"}))


def of(*names: str) -> Index:
    return Index([Entry(Kind.DEPARTMENT, UUID(int=number), name) for number, name in enumerate(names)])


def names(index: Index, text: str, **how) -> list[str]:
    return [hit.entry.name for hit in index.search(text, **how)]


def test_there_are_enough_examples():
    assert len(GOLDEN) >= 60


@pytest.mark.parametrize(("typed", "first"), GOLDEN)
def test_what_is_meant_comes_first(typed, first):
    assert names(DEMO, typed, limit=1, wanted=CHINESE) == [first]


@given(entry=st.sampled_from(ENTRIES))
def test_an_exact_name_is_always_first(entry):
    assert DEMO.search(entry.name)[0].entry.name == entry.name


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(st.lists(st.text("心内科血管外儿童重长乐xnk医生12", min_size=1, max_size=6), min_size=1, max_size=30))
def test_an_exact_name_is_first_in_any_catalogue(some):
    index = of(*some)
    for name in some:
        assert normal(names(index, name, limit=1)[0]) == normal(name)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_whatever_is_typed_is_answered(text):
    hits = DEMO.search(text)
    assert len(hits) <= 20
    assert [hit.cost for hit in hits] == sorted(hit.cost for hit in hits)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "？！…", "\x00", "'; DROP TABLE faq; --", "<script>", "%_\\", "🏥", "a" * 200, "科" * 200, "zh" * 100],
)
def test_empty_hostile_and_endless_input_is_answered(text):
    assert isinstance(DEMO.search(text), list)


def test_nonsense_finds_nothing():
    for text in ("", "？！", "qqqq", "asdfghjkl", "🏥"):
        assert DEMO.search(text) == []


def test_one_letter_finds_who_begins_with_it():
    assert all(readings(name[0])[0].startswith("g") for name in names(DEMO, "g", limit=5))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("重症医学科", "zhongzheng"),
        ("重症医学科", "zzyxk"),
        ("儿童生长发育门诊", "shengzhang"),
        ("长期照护科", "changqi"),
        ("长期照护科", "cqzhk"),
        ("音乐治疗室", "yinyue"),
        ("音乐治疗室", "yyzls"),
        ("乐园儿科", "leyuan"),
        ("单医生门诊", "shan"),
        ("妇女保健科", "funv"),
        ("妇女保健科", "funu"),
        ("绿色通道", "lvse"),
        ("绿色通道", "lüse"),
    ],
)
def test_a_character_with_several_readings_is_found_by_the_right_one(name, typed):
    assert names(of(name, "皮肤科", "外科"), typed, limit=1) == [name]


def test_the_usual_reading_and_the_fewest_slips_win():
    assert names(of("心内科", "新内可", "心理科"), "心内科")[:2] == ["心内科", "新内可"]
    assert names(of("妇科", "肤科"), "fuke") == ["妇科", "肤科"]
    assert names(of("消化内科", "心内科"), "xnk")[0] == "心内科"


def test_two_slips_are_too_many():
    assert names(of("皮肤科"), "pihule") == []


def test_several_words_must_all_be_meant():
    assert "儿科" in names(DEMO, "儿科 咳嗽")
    assert names(DEMO, "儿科 qqqq") == []


def test_only_what_is_wanted_is_found():
    people = Wanted(kinds=frozenset({Kind.PRACTITIONER}))
    assert {hit.entry.kind for hit in DEMO.search("心血管内科", wanted=people)} == {Kind.PRACTITIONER}
    english = Wanted(kinds=frozenset({Kind.FAQ}), languages=frozenset({"en"}))
    assert names(DEMO, "book", wanted=english) == ["How do I book an appointment?"]
    assert names(DEMO, "book", wanted=CHINESE) == []


def test_an_empty_catalogue_finds_nothing():
    assert Index([]).search("心内科") == []


@pytest.mark.parametrize(
    ("typed", "meant", "is_slip"),
    [
        ("nai", "nei", True),
        ("ne", "nei", True),
        ("neii", "nei", True),
        ("nie", "nei", True),
        ("nei", "nei", False),
        ("nal", "nei", False),
        ("n", "nei", False),
    ],
)
def test_a_slip_is_one_letter_or_two_that_changed_places(typed, meant, is_slip):
    assert is_a_slip(typed, meant) is is_slip


def test_southern_ears_hear_the_same():
    assert blurred("zhang") == blurred("zan")
    assert blurred("nan") == blurred("lang")
    assert blurred("hua") != blurred("fa")


def test_what_is_compared_has_no_width_capitals_tones_and_signs():
    assert normal("Ｘｉｎ 心-内（科）①") == "xin心内科1"
    assert normal("lǜ nǚ ê") == "lvnve"
