"""What patients call the departments, which languages are spoken, what a visit costs. Pure."""

import random

ALIASES = {
    "emergency": ("急诊科", "急诊"),
    "general": ("全科",),
    "internal": ("大内科",),
    "respiratory": ("呼吸科", "肺科"),
    "digestive": ("消化科", "胃肠科", "肠胃科"),
    "neurology": ("神内", "脑科"),
    "cardiology": ("心内科", "心脏科", "心血管科"),
    "hematology": ("血液科",),
    "nephrology": ("肾内科", "肾脏科"),
    "endocrine": ("糖尿病科",),
    "rheumatology": ("风湿科",),
    "geriatrics": ("老年科",),
    "general-surgery": ("普外科", "肝胆外科"),
    "neurosurgery": ("脑外科",),
    "orthopedics": ("骨伤科",),
    "urology": ("泌尿科", "男科"),
    "gynecology": ("妇科门诊",),
    "obstetrics": ("产检", "孕检"),
    "pediatrics": ("小儿科", "儿童门诊"),
    "child-health": ("儿保",),
    "ent": ("五官科", "耳鼻喉科"),
    "dental": ("牙科", "看牙"),
    "skin": ("皮肤病科",),
    "mind": ("心理科", "精神科"),
    "oncology": ("癌症门诊",),
    "rehabilitation": ("康复科",),
    "chinese-medicine": ("中医门诊",),
}

OTHER_LANGUAGES = ("英语", "粤语", "闽南语", "日语", "手语")
GENDERS = ("female", "male")

# in fen, by visit type; a title or a department may cost something else
PRICES = (
    ("ordinary", None, None, 1000),
    ("expert", None, None, 3000),
    ("special", None, None, 20000),
    ("revisit", None, None, 600),
    ("expert", None, "主任医师", 5000),
    ("ordinary", "emergency", None, 1500),
    ("ordinary", "mind", None, 2000),
    ("expert", "chinese-medicine", "主任医师", 6000),
)


def languages(rng: random.Random) -> list[str]:
    """Say which languages somebody speaks; the first is 普通话."""
    return ["普通话", *sorted(rng.sample(OTHER_LANGUAGES, rng.choice((0, 0, 0, 1, 1, 2))), key=OTHER_LANGUAGES.index)]
