"""The words that texts are read for: harm and topics, in Chinese of both scripts and in English. Pure.

Rules: a word is found wherever it stands, in any width, case and script, and with spaces or signs put between its
characters; harm is never muted by a negation; a topic says what a text is about, not whether it praises or blames.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from satisfaction.harm import HARM_WORDS, words_in

TOPICS: Mapping[str, tuple[str, ...]] = {
    "waiting": (
        "等了", "等候", "等待", "排队", "排了", "久等", "等太久", "叫号", "过号", "太慢", "很慢", "拖延",
        "小时", "迟迟", "插队", "效率", "半天", "等太", "等到", "等得", "干等", "值得等", "推迟", "没人来",
        "没人应", "没人看", "耽误", "凌晨", "准时", "晚到", "迟到", "才轮到", "分钟没人", "wait", "queue",
        "slow", "delay",
    ),
    "attitude": (
        "态度", "冷漠", "冷冰冰", "不耐烦", "耐心", "热情", "凶", "礼貌", "尊重", "爱理不理", "甩脸", "白眼",
        "敷衍", "亲切", "和气", "没好气", "骂", "吼", "安慰", "暖心", "贴心", "温柔", "生硬", "客气", "道歉",
        "细心", "勤快", "照顾", "鼓励", "人情味", "微笑", "笑眯眯", "哄", "矫情", "扔给", "随叫随到", "没看我",
        "体贴", "瞪", "人很好", "rude", "polite", "attitude", "friendly", "impatient", "kind",
    ),
    "explanation": (
        "解释", "说明", "讲清", "讲解", "说清", "听不懂", "没说", "没讲", "没告诉", "告知", "沟通", "问什么都",
        "不回答", "一句话", "讲得", "讲给", "讲明", "讲用", "说不清", "没提前说", "没人讲", "说一声", "打招呼",
        "听懂", "明白", "不知道", "事先", "告诉", "explain", "communicat", "understand", "told",
    ),
    "fees": (
        "收费", "费用", "价格", "太贵", "很贵", "多收", "乱收", "重复收", "缴费", "交费", "退费", "医保",
        "报销", "账单", "发票", "花了", "块钱", "贵", "便宜", "省钱", "花钱", "宰客", "要价", "涨价", "涨了",
        "余额", "自费", "停车费", "免费", "收钱", "药费", "检查费", "挂号费", "预交金", "押金", "charge",
        "bill", "expensive", "fee", "price", "refund", "insurance",
    ),
    "environment": (
        "环境", "卫生", "脏", "厕所", "洗手间", "异味", "臭", "噪音", "太吵", "吵", "闷", "空调", "座位",
        "椅子", "停车", "电梯", "干净", "整洁", "拥挤", "太挤", "无障碍", "病房", "地滑", "滑倒", "湿滑",
        "饮水机", "热水", "轮椅", "床单", "陪护椅", "破旧", "灯光", "垃圾", "吸烟", "堵车", "人太多", "人多",
        "母婴室", "保洁", "安静", "睡不着", "暖气", "toilet", "dirty", "clean", "noisy", "parking", "seat",
    ),
    "quality": (
        "疗效", "效果", "没好", "治好", "误诊", "漏诊", "技术", "水平", "检查", "开药", "用药", "副作用",
        "诊断", "手术", "打针", "抽血", "病情", "复发", "专业", "药", "治", "医术", "检验", "化验", "报告",
        "片子", "手法", "康复", "抢救", "感染", "过敏", "疼", "补牙", "补的牙", "骨折", "病历", "查房", "恢复",
        "体检", "疫苗", "仔细", "认真", "负责", "拆线", "设备", "过度医疗", "输液", "休克", "出血", "treatment",
        "diagnos", "medicine", "skill", "effect", "wound", "allergic",
    ),
    "privacy": (
        "隐私", "旁边有人", "当众", "大声念", "外人", "围观", "没拉帘", "帘子", "门开着", "泄露", "别人都听",
        "念我的", "听得见", "谁都能", "单独诊室", "星号", "病人照片", "没有女护士", "全大厅", "被看见",
        "privacy", "overheard",
    ),
    "process": (
        "流程", "挂号", "预约", "报到", "取药", "窗口", "自助机", "小程序", "系统", "指引", "标识", "找不到",
        "跑来跑去", "跑了", "来回跑", "手续", "改号", "取消", "签到", "停诊", "换了医生", "转诊", "互相推",
        "手机", "扫码", "短信", "消息", "推送", "导诊", "指示牌", "导航", "带路", "白跑", "播报", "加号",
        "专家号", "分诊", "发热门诊", "登记", "register", "appointment", "booking", "sign", "process",
    ),
    "integrity": (
        "红包", "回扣", "外购", "指定药店", "好处费", "黄牛", "号贩", "礼物", "熟人", "推销", "保健品", "bribe",
        "scalper",
    ),
}  # fmt: skip

TOPIC_NAMES: Mapping[str, Mapping[str, str]] = {
    "waiting": {"zh-CN": "等候", "zh-TW": "等候", "en": "Waiting"},
    "attitude": {"zh-CN": "态度", "zh-TW": "態度", "en": "Attitude"},
    "explanation": {"zh-CN": "解释沟通", "zh-TW": "解釋溝通", "en": "Explanation"},
    "fees": {"zh-CN": "费用", "zh-TW": "費用", "en": "Fees"},
    "environment": {"zh-CN": "环境设施", "zh-TW": "環境設施", "en": "Environment"},
    "quality": {"zh-CN": "医疗质量", "zh-TW": "醫療品質", "en": "Medical quality"},
    "privacy": {"zh-CN": "隐私", "zh-TW": "隱私", "en": "Privacy"},
    "process": {"zh-CN": "流程指引", "zh-TW": "流程指引", "en": "Process"},
    "integrity": {"zh-CN": "廉洁", "zh-TW": "廉潔", "en": "Integrity"},
}


@dataclass(frozen=True)
class Vocabulary:
    """The words of a hospital. harm: each sets off a complaint. topics: words by the code of the topic."""

    harm: tuple[str, ...]
    topics: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Found:
    """What texts contain: words of harm, codes of topics."""

    harm: tuple[str, ...]
    topics: tuple[str, ...]


SHIPPED = Vocabulary(HARM_WORDS, TOPICS)


def found_in(texts: Iterable[str], vocabulary: Vocabulary = SHIPPED) -> Found:
    """Read texts for every word of a vocabulary."""
    read = tuple(texts)
    return Found(
        harm=words_in(read, vocabulary.harm),
        topics=tuple(topic for topic, words in vocabulary.topics.items() if words_in(read, words)),
    )
