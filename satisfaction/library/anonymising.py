"""Taking people out of a text: names of the case's own records, and what looks like a number, a day, a room. Pure.

A machine drafts, a person edits, another approves; `leaks` is asked again before anything is published, so that what a
person wrote in by hand is found as well.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_LETTERS = "甲乙丙丁戊己庚辛壬癸"
# surnames that are no other word before a title: 方医生 may be a doctor, 对方医生 is not, and 向医生 never is
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁沈任姚卢傅钟姜崔谭廖范汪陆"
    "金石戴贾韦夏邱侯邹熊孟秦薛闫段雷龙史陶贺顾毛郝龚邵万钱严覃武莫孔汤尹黎易乔樊兰殷施洪翟颜倪温芦俞葛邢"
    "張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧曾蕭葉蘇呂盧鍾陸賈鄒龍賀顧龔錢嚴湯喬蘭顏"
)
_STAFF_TITLES = "医生|大夫|医师|主任|教授|护士长|护士|老师|院长|科长|师傅|醫生|醫師|護理師|護士|院長"
_PATIENT_TITLES = "先生|女士|小姐|阿姨|大爷|大妈|大叔|奶奶|爷爷|太太|同志|家属"
_TITLED = re.compile(rf"(?:[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?)({_STAFF_TITLES}|{_PATIENT_TITLES})")
# 小刘, 老周, 刘姐 before what somebody does: the commonest surnames only, as 小钱 and 小金 are something else
_COMMON = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶苏魏吕丁沈任姚卢傅姜崔谭廖汪陆"
)
_DOES = r"[\s，。、；：:,]|护士|医生|师傅|态度|告诉|[说让叫骂把没不还就也和在给很]"
_FAMILIAR = re.compile(rf"(?:[小老][{_COMMON}]|(?<![\u4e00-\u9fff])[{_COMMON}][姐哥])(?={_DOES})")
_CALLED = re.compile(rf"(?:我叫|名叫|姓名[:：]?|患者[:：])\s*[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_TWICE = re.compile(rf"(医生[{_LETTERS}]|工作人员[{_LETTERS}]|患者|家属)(?:{_STAFF_TITLES}|{_PATIENT_TITLES})")
# letters and digits in one width; marks stay as they were written
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {0xFF20: 0x40, 0xFF0D: 0x2D, 0xFF0E: 0x2E, 0x3000: 0x20}
_NUMERAL = "[一二三四五六七八九十]{1,3}"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_GROUPED = r"(?:[ \-—_.]?\d)"
_SPELT = "[〇零一幺二两三四五六七八九]"
# 微信 is written in many ways, so that filters do not find it
_ACCOUNTS = "微信|威信|薇信|微X|V信|v信|VX|vx|Vx|wechat|WeChat|weixin|wx|QQ|qq|扣扣|抖音|小红书|支付宝"
# a place to live: road and number, estate, building, flat
_ROAD = "[\u4e00-\u9fff]{1,6}?(?:大道|路|街|巷|弄|胡同)"
_NUMBERED = rf"\s*(?:\d+|{_NUMERAL})\s*号(?!窗|诊|床|病|桌)\s*"
_ESTATE = "(?:小区|花园|公寓|新村|家园)"
_FLAT = r"(?:[\dA-Za-z一二三四五六七八九十]{1,4}\s*(?:号楼|栋|幢|座|单元|弄|室|层|楼|号|户)\s*)"

# what a number or a day is replaced by; the first that fits
_PATTERNS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "某邮箱"),
    ("id_number", re.compile(rf"(?<!\d)\d{_GROUPED}{{16}}[ \-]?[\dXx](?![\dA-Za-z])"), "某证件号"),
    ("number", re.compile(r"(?:TS|GS|MZ|ZY)\d{6,}(?:-\d+)?", re.IGNORECASE), "某编号"),
    ("phone", re.compile(rf"(?<!\d)(?:\+?86[ -]?)?1[3-9]{_GROUPED}{{9}}(?!\d)"), "某电话"),
    ("phone", re.compile(r"(?<!\d)0\d{2,3}[ -]?\d{7,8}(?!\d)"), "某电话"),
    ("phone", re.compile(rf"[一幺](?:[ \-]?{_SPELT}){{10}}(?!{_SPELT})"), "某电话"),
    ("account", re.compile(rf"(?:{_ACCOUNTS})(?:号码?|账号|同号)?[:：是为 ]{{0,3}}[A-Za-z0-9_-]{{5,}}"), "某账号"),
    ("address", re.compile(rf"(?<=[住在])[\u4e00-\u9fff]{{2,12}}?(?:{_ESTATE}|村){_FLAT}*"), "某地"),
    ("address", re.compile(rf"{_ROAD}{_NUMBERED}(?:[\u4e00-\u9fff]{{2,8}}?{_ESTATE})?{_FLAT}*"), "某地"),
    ("plate", re.compile(rf"[{_PROVINCES}][A-Z][·\s]?[A-Z0-9]{{5,6}}"), "某车牌"),
    ("day", re.compile(r"(?:19|20)?\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?"), "某日"),
    ("day", re.compile(rf"(?:\d{{1,2}}|{_NUMERAL})\s*月\s*(?:\d{{1,2}}|{_NUMERAL})\s*[日号]"), "某日"),
    ("day", re.compile(r"(?:19|20)\d{2}\s*年(?:\s*\d{1,2}\s*月)?"), "某时"),
    ("room", re.compile(rf"(?:第?\s*\d{{1,4}}|{_NUMERAL})\s*号?\s*(?:诊室|診室|病房|病室|窗口|检查室|病?床)"), "某处"),
    ("room", re.compile(rf"加\s*(?:\d{{1,3}}|{_NUMERAL})\s*床|加\s*床\s*\d{{1,3}}(?![张个位次天])"), "某处"),
    ("room", re.compile(rf"床\s*号\s*[:：是为]?\s*(?:\d{{1,4}}|{_NUMERAL})|床\s*\d{{1,4}}(?![张个位次天])"), "某处"),
    ("room", re.compile(r"(?:第\s*)?\d{1,4}\s*(?:床|号床)"), "某处"),
    ("ticket", re.compile(r"(?<![A-Za-z])[A-Z]{1,2}\d{2,4}\s*号?(?![A-Za-z0-9])"), "某号"),
    ("number", re.compile(r"\d{5,}"), "某编号"),
    ("age", re.compile(r"(?<!\d)(\d)\d\s*(?:周岁|岁|歲)"), r"\g<1>0 多岁"),
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Who stands in the records of a case. Names as they are written there; numbers: phones, file and other numbers."""

    patients: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()
    doctors: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # names of departments, rooms, the hospital
    numbers: tuple[str, ...] = field(default=(), repr=False)


def anonymise(text: str, people: People) -> str:
    """Write a text without those who were there: 患者, 家属, 医生甲, 工作人员乙, 某日, 某电话.

    A person keeps the same word throughout, so that the story can be followed.
    """
    out = _narrow(text)
    for name, word in _words_for(people):
        out = _spaced(name).sub(word, out)
    for number in sorted(map(_narrow, people.numbers), key=len, reverse=True):
        if len(number) >= 4:
            out = _spaced(number).sub("某编号", out)
    for _, pattern, word in _PATTERNS:
        out = pattern.sub(word, out)
    out = _TITLED.sub(_title_only, _CALLED.sub("患者", out))
    out = _FAMILIAR.sub("某人", out)
    return _TWICE.sub(r"\g<1>", out)


def leaks(text: str, people: People) -> list[str]:
    """Tell what of a text still says who it was: kinds of `name`, `phone`, `day`, …; empty when nothing was found."""
    plain = _narrow(text)
    found = ["name" for name, _ in _words_for(people) if _spaced(name).search(plain)]
    found += ["number" for one in people.numbers if len(one) >= 4 and _spaced(one).search(plain)]
    found += [kind for kind, pattern, _ in _PATTERNS if kind != "age" and pattern.search(plain)]
    found += ["name"] if any(one.search(plain) for one in (_TITLED, _CALLED, _FAMILIAR)) else []
    return sorted(set(found))


def _title_only(match: re.Match[str]) -> str:
    return "患者" if match[1] in _PATIENT_TITLES.split("|") and match[1] != "家属" else f"某{match[1]}"


def _words_for(people: People) -> list[tuple[str, str]]:
    """Give each name with its word, longer names first, so that none is cut by a shorter one."""
    words: dict[str, str] = {}
    for name in _names(people.patients):
        words[name] = "患者"
    for name in _names(people.relatives):
        words.setdefault(name, "家属")
    for place in people.places:
        if len(place) >= 2:
            words.setdefault(_narrow(place), "某科室")
    for names, role in ((people.doctors, "医生"), (people.staff, "工作人员")):
        for at, name in enumerate(_names(names)):
            words.setdefault(name, role + _LETTERS[at % len(_LETTERS)])
    return sorted(words.items(), key=lambda pair: -len(pair[0]))


def _names(names: Iterable[str]) -> Sequence[str]:
    """Give each name once, in a fixed order; a single sign is no name that could be found."""
    return list(dict.fromkeys(name for one in names if len(name := _narrow(one).strip()) >= 2))


def _narrow(text: str) -> str:
    return text.translate(_NARROW)


def _spaced(name: str) -> re.Pattern[str]:
    """Find a name also where signs stand between its signs: 张 小三, 张*三 is none of them."""
    return re.compile(r"[\s·•.\-]*".join(re.escape(sign) for sign in name if not sign.isspace()), re.IGNORECASE)
