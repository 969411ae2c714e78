"""Nothing of who it was is left: generated stories, full of what may name somebody."""

import random

import pytest

from satisfaction.library import anonymising
from satisfaction.library.anonymising import People, anonymise, leaks
from satisfaction.library.rules import LEAK_WORDS

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗梁"
GIVEN = ["小三", "敏", "建国", "秀英", "志强", "丽华", "子轩", "玉兰", "海涛", "欣怡", "卫东", "雪梅"]
DEPARTMENTS = ("心血管内科", "骨科", "口腔科", "儿科")
SCRAPS = (
    "{patient}在{day}到{place}看病，",
    "等了两个小时，{doctor}医生一直没有叫号。",
    "我叫{patient}，电话{phone}，",
    "身份证{id_number}登记错了。",
    "{surname}主任说话很不耐烦，",
    "当时{staff}护士在{room}门口，",
    "我的号是{ticket}，",
    "家里人{relative}可以作证，",
    "投诉编号{number}，病历{file}。",
    "请打{landline}找{relative}。",
    "加我微信：{wechat}。",
    "车牌{plate}停在门口被拖走。",
)


def _a_name(draw: random.Random) -> str:
    return draw.choice(SURNAMES) + draw.choice(GIVEN)


def _a_case(seed: int) -> tuple[str, People, list[str]]:
    """A story, whom the records name, and everything of it that must not be left."""
    draw = random.Random(seed)
    patient, relative, doctor, staff = (_a_name(draw) for _ in range(4))
    phone = f"1{draw.choice('3578')}{draw.randrange(10**9):09d}"
    said = {
        "patient": draw.choice([patient, " ".join(patient)]),
        "relative": relative,
        "doctor": doctor,
        "staff": staff,
        "surname": draw.choice(SURNAMES),
        "phone": draw.choice([phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"]),
        "id_number": f"{draw.randrange(10**16, 10**17)}{draw.choice('0123456789X')}",
        "day": draw.choice(["11月21日", "2026年3月5号", "2026-11-02", "十一月二十一日", "2026/1/9"]),
        "place": draw.choice(DEPARTMENTS),
        "room": draw.choice(["3诊室", "12号诊室", "第5诊室", "二号窗口"]),
        "ticket": f"A{draw.randrange(1, 999):03d}",
        "number": f"TS20261121-{draw.randrange(9999):04d}",
        "file": f"T{draw.randrange(10**6):06d}",
        "landline": f"0599-{draw.randrange(10**7):07d}",
        "wechat": f"wx_{draw.randrange(10**8)}",
        "plate": f"闽A{draw.randrange(10**5):05d}",
    }
    text = "".join(draw.sample(SCRAPS, draw.randint(4, len(SCRAPS)))).format(**said)
    people = People(
        (patient,), (relative,), (doctor,), (staff,), (said["place"],), (said["number"], said["file"], phone)
    )
    never = [patient, relative, doctor, staff, phone, said["id_number"], said["ticket"], said["number"], said["file"]]
    return text, people, [*never, said["landline"], said["wechat"], said["plate"], said["day"], said["place"]]


@pytest.mark.parametrize("seed", range(0, 600, 100))
def test_no_name_number_day_or_place_of_a_case_is_left(seed):
    for one in range(seed, seed + 100):
        text, people, never = _a_case(one)
        plain = anonymise(text, people)
        left = [word for word in never if word in plain]
        assert left == [], (text, plain)
        assert leaks(plain, people) == [], plain


def test_what_is_still_there_is_noticed():
    text, people, _ = _a_case(3)
    assert leaks(text, people)
    assert leaks("刘大夫说再等等", People()) == ["name"]
    assert leaks("请打 138 0013 8000", People()) == ["phone"]
    assert leaks("候诊时间太长，叫号屏没有更新。", People()) == []


def test_a_person_keeps_the_same_word_and_the_rest_stays():
    people = People(patients=("张小三",), doctors=("王敏", "赵强"), staff=("陈静",))
    text = "张小三说，王敏医生让等，赵强医生也让等；张 小 三问了陈静护士。对医生的说明不满意，78岁，等了2个小时。"
    assert anonymise(text, people) == (
        "患者说，医生甲让等，医生乙也让等；患者问了工作人员甲。对医生的说明不满意，70 多岁，等了2个小时。"
    )


def test_full_width_hides_nothing():
    people = People(patients=("欧阳娜",), numbers=("13800138000",))
    assert anonymise("欧阳·娜，１３８００１３８０００", people) == "患者，某编号"


# what a machine that only knows clean fields misses: names, numbers and places as people really write them
HARD = {
    "a name inside a sentence": ("那天陪诊的钱予溪跟我吵起来了", "钱予溪"),
    "a name with a title in between": ("护士站的护士长梁若宁在场", "梁若宁"),
    "a familiar name": ("后来小刘说系统坏了", "小刘"),
    "an elder sister": ("，赵姐让我们再等等", "赵姐"),
    "a surname with a title": ("窗口的李老师很不耐烦", "李老师"),
    "spelt digits": ("我的电话是一三八零零一三八零零零，请回电", "一三八零零一三八零零零"),
    "spelt digits as on the phone": ("打幺三九幺二三四五六七八找我", "幺三九幺二三四五六七八"),
    "spelt digits with zero as a ring": ("电话一三八〇〇一三八〇〇〇", "一三八〇〇一三八〇〇〇"),
    "spaced digits": ("139 1234 5678 打这个", "139 1234 5678"),
    "a country code": ("+86 13912345678", "13912345678"),
    "an account": ("加我微信号：sunny_2020，发照片", "sunny_2020"),
    "an account in disguise": ("加V信 sunny_2020", "sunny_2020"),
    "an account of the same number": ("VX：ab12345", "ab12345"),
    "another platform": ("我已经发到抖音 hospital_bad99 上了", "hospital_bad99"),
    "an address with a road": ("我家住镜湖路66号3栋502室，走过来要半小时", "镜湖路66号"),
    "the flat of an address": ("我家住镜湖路66号3栋502室，走过来要半小时", "502"),
    "an address with an estate": ("老人住阳光花园12栋3单元", "阳光花园"),
    "a bed": ("3床的家属也看到了", "3床"),
    "a bed in words": ("十二床夜里没人管", "十二床"),
    "an extra bed": ("我妈被安排在加5床", "加5床"),
    "an extra bed in the corridor": ("走廊加床3没有帘子", "加床3"),
    "the number of a bed": ("床号：27，一直按铃", "27"),
    "a ward": ("在五病房等到十点", "五病房"),
    "a day": ("上周三11月18号下午", "11月18号"),
    "a ticket": ("A023 号过号了", "A023"),
}
KEPT = (
    "床位紧张，加床也没有，等了三天。",
    "医生说话太快，护士态度很好。",
    "一共跑了三个窗口，退费一周没有到账。",
    "路上堵车，到医院已经十点，号过了。",
    "对方医生没有解释清楚。",
    "老人走不动，小孩哭了很久。",
    "病床一直没人收拾，加床三天也没人管，一点小钱也不退。",
    "小程序不好用，小时候的病历找不到。",
)


@pytest.mark.parametrize("what", HARD)
def test_hard_cases_leave_nothing(what):
    text, never = HARD[what]
    people = People(doctors=("周文涛",), staff=("梁若宁", "钱予溪"))
    assert leaks(text, people), "what is there is noticed before it is published"
    plain = anonymise(text, people)
    assert never not in plain
    assert leaks(plain, people) == [], plain


@pytest.mark.parametrize("text", KEPT)
def test_what_names_nobody_is_left_alone(text):
    assert anonymise(text, People()) == text
    assert leaks(text, People()) == []


def test_the_words_of_the_refusal_know_every_kind():
    kinds = {kind for kind, _, _ in anonymising._PATTERNS if kind != "age"}
    assert kinds <= LEAK_WORDS.keys()
