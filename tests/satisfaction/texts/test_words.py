"""Which words texts are read for, and how well they do it on sentences that people labelled."""

import csv
from pathlib import Path

import pytest

from satisfaction.texts.masking import COVER, masked
from satisfaction.texts.words import SHIPPED, TOPIC_NAMES, TOPICS, Vocabulary, found_in

LABELLED = Path(__file__).with_name("labelled.csv")


@pytest.mark.parametrize(
    ("text", "harm"),
    [
        ("打针后一直出血", ("出血",)),
        ("還好沒有出血", ("出血",)),  # a negation mutes nothing
        ("护士收红 包", ("红包",)),
        ("收 紅·包", ("红包",)),
        ("STILL BLEEDING", ("bleeding",)),
        ("ｂｌｅｅｄｉｎｇ", ("bleeding",)),
        ("在感染科等了很久", ()),
        ("感染科出来以后伤口感染", ("感染",)),
        ("过\u200b敏了", ("过敏",)),
        ("做了阑尾手术，动手术的医生很好", ()),
        ("一切都好", ()),
    ],
)
def test_harm_is_found_and_never_muted(text, harm):
    assert found_in([text]).harm == harm


def test_a_text_has_every_topic_that_it_is_about():
    found = found_in(["等了两个小时，護士態度也不好", "厕所很脏"])
    assert found.topics == ("waiting", "attitude", "environment")


def test_the_hospital_may_read_for_other_words():
    found = found_in(["排队太久"], Vocabulary(("排队",), {"waiting": ()}))
    assert (found.harm, found.topics) == (("排队",), ())


def test_every_topic_has_a_name_in_three_languages():
    assert set(TOPICS) == set(TOPIC_NAMES)
    assert all(set(names) == {"zh-CN", "zh-TW", "en"} for names in TOPIC_NAMES.values())


def labelled() -> list[dict[str, str]]:
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_labelled_set_is_large_and_whole():
    rows = labelled()
    assert len(rows) >= 300
    assert len({row["text"] for row in rows}) == len(rows)
    assert {row["sentiment"] for row in rows} == {"positive", "negative", "mixed"}
    assert {topic for row in rows for topic in row["topics"].split()} == set(TOPICS)


def test_harm_is_hardly_ever_missed_on_the_labelled_set():
    rows = labelled()
    harmful = [row for row in rows if row["harm"] == "1"]
    missed = [row["text"] for row in harmful if not found_in([row["text"]]).harm]
    alarms = [row["text"] for row in rows if row["harm"] == "0" and found_in([row["text"]]).harm]
    assert len(harmful) >= 30
    assert len(missed) <= len(harmful) * 0.05, missed
    assert len(alarms) <= len(rows) * 0.05, alarms


def test_topics_agree_with_the_labelled_set():
    right, given, wanted = 0, 0, 0
    for row in labelled():
        found, labels = set(found_in([row["text"]], SHIPPED).topics), set(row["topics"].split())
        right, given, wanted = right + len(found & labels), given + len(found), wanted + len(labels)
    assert right / given >= 0.85  # precision
    assert right / wanted >= 0.75  # recall


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王医生很好，王小明护士也好", f"{COVER}医生很好，{COVER}护士也好"),
        ("我叫张小三，电话138 0013 8000", f"我叫{COVER}，电话{COVER}"),
        ("身份证110101199003071234", f"身份证{COVER}"),
        ("1990年3月7日生，住在12床", f"{COVER}生，住在12床"),
        ("写信到 a.b@example.com 或 0599-6600000", f"写信到 {COVER} 或 {COVER}"),
        ("Dr. Wang Min was rude", f"Dr {COVER} was rude"),
        ("找欧阳主任看的", f"找{COVER}主任看的"),
        ("等了2小时，花了300元，在305诊室", "等了2小时，花了300元，在305诊室"),
        ("李敏主任医师讲得清楚", f"{COVER}主任医师讲得清楚"),
    ],
)
def test_who_wrote_and_who_is_meant_is_covered(text, shown):
    assert masked(text, ["张小三", "欧阳"]) == shown
