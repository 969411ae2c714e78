"""Fictional people: names that nobody of note carries, titles, introductions. Pure."""

import random

SURNAMES = (
    "温柯庄沈许宋顾陆梁程苏叶傅姜崔潘邵汤薛阎贺龚严文尹黎易常武乔赖孔白康毛邱秦江史侯邹熊孟龙万段雷钱"
    "佟商冉虞童纪舒屈项祝董蓝闵席季麻贾路娄危颜郭梅盛林刁钟徐骆高夏蔡田樊胡霍凌俞任袁柳"
)
# Characters of given names, chosen so that joined with these surnames they give nobody of note (as 许知远 or 顾景舟
# would be); one-character names are left out, since too many of them are somebody's.
FIRST = "若予知景书亦清思雨沐昱嘉承泽云初映言念子以与令怀疏砚竹语星朗闻"
SECOND = "溪夏行然宁涵遥禾棠钧野菡筠凡辰屿澄瑾柏苒霁言悠和"

TITLES = ("主任医师", "副主任医师", "主治医师", "住院医师")
YEARS = {"主任医师": (22, 35), "副主任医师": (14, 24), "主治医师": (7, 14), "住院医师": (2, 6)}


class Names:
    """Draws names, none of them twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def draw(self) -> str:
        """Give a name that was not given before."""
        while True:
            first, second = self.rng.choice(FIRST), self.rng.choice(SECOND)
            name = self.rng.choice(SURNAMES) + first + second
            if name not in self.taken and first != second:
                self.taken.add(name)
                return name


def title_of(place: int) -> str:
    """Give the title of the n-th practitioner of a department: one head, one deputy, then by turns."""
    return TITLES[place] if place < len(TITLES) else TITLES[1 + place % 3]


def introduction(rng: random.Random, *, department: str, title: str, good_at: str) -> str:
    """Say in two sentences who somebody is."""
    years = rng.randint(*YEARS[title])
    manner = rng.choice(("问诊细致，重视随访", "耐心解答，注重宣教", "诊疗规范，关心患者感受", "思路清晰，善于沟通"))
    return f"从事{department}临床工作{years}年，擅长{good_at}的诊治。{manner}。"
